"""Personal data: every field of every contract is known to hold it or not, and none of it is ever logged."""

import logging
from collections.abc import Iterator
from io import StringIO
from random import Random
from typing import Any, Final, get_args

import orjson
import pytest

from ops.contracts.catalogue import CATALOGUE
from ops.contracts.json_schema import json_schema
from ops.contracts.messages import messages_of
from ops.logs import LogForm
from schemas.personal import PERSONAL
from schemas.topics import TOPICS
from tests.support.sensitive import Markers, names_in
from tests.support.written_log import written_log

PLAIN: Final = frozenset(
    """
    account_id alert_id audit_id bill_id campaign_id collateral_id complaint_id contract_id customer_id customers
    drawdown_id event_id freeze_id group_id id key letter_number party_id relationship_id request_id rule_id signatories
    survey_id topic_id
    section sections source subject topic type kind fields masked folds in_force told error detail
    actor addressee asked_by branch by changed_by co_hosts decided_by head home_branch host host_before host_manager
    parent person role team to
    calendar category channel currency entries_from has home_currency issue lacks last_product minimum offers product
    products status threshold tier tier_before unless_holds when
    as_of at closes holidays on opens silent_since since until yearly
    """.split()  # noqa: SIM905  words, by their kinds
)
"""Text fields that hold no personal data: numbers and codes, those who act for the bank, words of c360 and of sources'
classifications, expressions and instants. (`error` and `detail` tell of personal fields only their names.)"""


def texts_of(name: str, schema: dict[str, Any], defs: dict[str, Any], seen: frozenset[str]) -> Iterator[str]:
    """The names of all fields that may hold any text, however deep; of those with a choice of words there is none."""
    if "$ref" in schema:
        ref = schema["$ref"].rpartition("/")[2]
        if ref not in seen:
            yield from texts_of(name, defs[ref], defs, seen | {ref})
        return
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("prefixItems", ())):
        yield from texts_of(name, inner, defs, seen)
    for holder in ("items", "additionalProperties"):
        if isinstance(schema.get(holder), dict):
            yield from texts_of(name, schema[holder], defs, seen)
    for member, inner in schema.get("properties", {}).items():
        yield from texts_of(member, inner, defs, seen)
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const"}:
        yield name


def all_texts() -> set[str]:
    found: set[str] = set()
    for contract in CATALOGUE.values():
        schema = json_schema(contract)
        found |= set(texts_of(contract.name, schema, schema.get("$defs", {}), frozenset()))
    return found


def test_every_text_field_of_every_contract_is_known_to_be_personal_or_not() -> None:
    stated = {name for name in all_texts() if not name.endswith(("_on", "_at"))} | {"born_on"}
    assert sorted(stated - PERSONAL - PLAIN) == [], "put it into schemas.personal, or into PLAIN here"
    assert sorted(PERSONAL - all_texts()) == [], "no contract has it any more"
    assert set() == PERSONAL & PLAIN


@pytest.fixture(params=get_args(LogForm))
def log(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, StringIO]]:
    """A logger of its own in each form, and what it wrote."""
    with written_log(request.param) as log:
        yield log


def _in_every_way(logger: logging.Logger, message: Any) -> None:
    """As code that means well might log it: parsed, as bytes, as a text inside of a text, with an exception."""
    wire = orjson.dumps(message)
    logger.error("stands there as %s, parsed %s", wire.decode(), message)
    logger.debug("that is %r, or %s, or %r", wire, orjson.dumps(wire.decode()).decode(), [message])
    try:
        raise RuntimeError(f"no fold for {message!r}")
    except RuntimeError:
        logger.exception("the worker stops")


def test_no_personal_field_of_any_message_of_any_topic_comes_into_the_log(
    log: tuple[logging.Logger, StringIO],
) -> None:
    logger, written = log
    markers, fed = Markers(Random(0)), set[str]()
    for topic in TOPICS.values():
        for message in messages_of(topic):
            of_contract = json_schema(CATALOGUE[message.contract])["properties"] if message.contract else {}
            # What an example leaves out, because no customer has all of it at once.
            left_out = dict.fromkeys(of_contract.keys() & PERSONAL, "")
            stated = markers.stated({**left_out, **(message.example or {})}, PERSONAL)
            fed |= set(names_in(stated)) & PERSONAL
            _in_every_way(logger, stated)
    assert fed == PERSONAL, "no example of ops/contracts/examples.yaml states it"
    assert markers.found_in(written.getvalue()) == []
    assert "no fold for" in written.getvalue()


@pytest.mark.parametrize("secret", ["c360_a-b-c", "c360_ab", "a-b-c", "1907-1-2-", "O'x-y-z"])
def test_a_secret_is_recognised_however_many_dashes_chance_puts_into_it(secret: str) -> None:
    markers = Markers(Random(0), {"a secret": secret, "born_on": "1907-01-02"})
    assert markers.found_in(f"it is {secret}") == ["a secret"]
    assert markers.found_in("date(1907, 1, 2)") == ["born_on"]
    assert markers.found_in("nothing is told") == []

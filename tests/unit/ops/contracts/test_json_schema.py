"""The generated schemas accept what really flows, and refuse what the models refuse."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from connectors.sources.errors import Problem
from connectors.sources.mapping_files import load_mapping
from connectors.sources.reading import read_events
from ops.contracts.catalogue import ALERT, CATALOGUE, payload_name
from ops.contracts.folder import SCHEMAS
from streams.codec import encode_section
from tests.support.builders import (
    a_complaint,
    a_contract,
    a_customer,
    a_drawdown,
    a_freeze,
    a_host,
    a_relationship_end,
    a_repayment,
    a_resolution,
    a_signatory,
    an_account,
    an_entry,
)
from tests.support.driver import Driver

DATA = Path(__file__).parents[3] / "data"


@cache
def _schema(contract: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / "generated/json" / f"{contract}.json").read_text("utf-8"))
    return schema


@cache
def _validator(contract: str) -> Draft202012Validator:
    return Draft202012Validator(_schema(contract), format_checker=FormatChecker())


def _errors(contract: str, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in _validator(contract).iter_errors(value)]


def _contract_of(section: str) -> str:
    family = section.partition(":")[0]
    return ALERT if family == "alert" else f"section.{family}"


HISTORIES: list[list[Any]] = [
    # A customer as a bank knows him, with a drawdown that matures.
    [
        a_customer(),
        a_host(),
        a_signatory(),
        an_account(),
        an_entry(amount_minor=60_000_00, balance_minor=200_000_00),
        a_freeze(source_seq=2),
        a_contract(),
        a_drawdown(maturity_on="2020-03-20"),
        a_repayment(),
        a_complaint(),
        a_resolution(),
    ],
    # A deposit that matures, of a customer who is not known.
    [an_account(maturity_on="2020-03-20"), an_entry(), a_relationship_end()],
    # Everything in the wrong order.
    [a_repayment(), a_resolution(), a_complaint(), a_host(), a_customer()],
]


@pytest.fixture(params=HISTORIES, ids=["known", "deposit", "disordered"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """A driver that has folded a history, event by event."""
    driver = Driver()
    driver.pipe_each(*request.param)
    return driver


@pytest.mark.parametrize("contract", CATALOGUE)
def test_a_schema_is_a_valid_schema(contract: str) -> None:
    Draft202012Validator.check_schema(_schema(contract))


def test_the_events_of_the_shipped_mappings_keep_to_their_schemas() -> None:
    mappings = [load_mapping(name) for name in ("berka", "cfpb")]
    problems: list[Problem] = []
    events = list(read_events(mappings, DATA, problems.append))
    assert problems == []
    # Some hundreds from the whole history, and of every type at least its first.
    firsts = {event.type: event for event in reversed(events)}
    chosen = [*firsts.values(), *events[:: max(1, len(events) // 500)]]
    assert len(firsts) >= 7
    assert len(chosen) > 300
    for event in chosen:
        assert _errors(event.type, json.loads(event.value)) == []


def test_the_sections_that_events_make_keep_to_their_schemas(driver: Driver) -> None:
    for name, section in driver.view().items():
        contract = _contract_of(name)
        assert _errors(contract, json.loads(encode_section(section))) == []
        assert set(section) <= set(_schema(contract)["properties"])


def test_alerts_and_their_payloads_keep_to_their_schemas(driver: Driver) -> None:
    assert driver.published
    for alert in driver.published:
        assert _errors(ALERT, json.loads(encode_section(alert))) == []
        assert _errors(payload_name(alert["kind"]), alert["payload"]) == []


def test_a_payload_has_no_field_that_its_contract_does_not_name(driver: Driver) -> None:
    for alert in driver.published:
        schema = _schema(payload_name(alert["kind"]))
        parts = [schema, *schema.get("$defs", {}).values()]
        named = [(set(part["required"]), set(part["properties"])) for part in parts if "properties" in part]
        assert any(required <= set(alert["payload"]) <= known for required, known in named)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("currency", "XXX"),
        ("amount_minor", "100"),
        ("amount_minor", 10**16),
        ("customer_id", ""),
        ("booked_on", "yesterday"),
        ("type", "account.opened"),
    ],
)
def test_what_the_door_refuses_the_schema_refuses(field: str, wrong: object) -> None:
    entry = json.loads(an_entry().model_dump_json())
    assert _errors("account.entry_booked", entry) == []
    assert _errors("account.entry_booked", {**entry, field: wrong}) != []


def test_a_field_says_what_it_means_also_an_inherited_one() -> None:
    fields = _schema("customer.amended")["properties"]
    assert "founding date" in fields["born_on"]["description"]
    assert "Monotonic" in fields["source_seq"]["description"]


def test_what_is_published_states_every_field() -> None:
    for contract in (ALERT, "set-aside"):
        assert set(_schema(contract)["required"]) == set(_schema(contract)["properties"])

import json
from decimal import Decimal
from typing import Any

import pytest

from schemas.rules import LargeEntryRule
from streams.rules.book import RuleBook, RuleRefused


def a_change(rule_id: str = "large-entry", **fields: Any) -> bytes:
    rule = {"id": rule_id, "kind": "large_entry", "severity": "notice", "threshold": "50000.00", **fields}
    change = {"rule": rule, "changed_by": "jnovak", "changed_at": "2026-11-23T10:00:00Z", "reason": "asked for"}
    return json.dumps(change).encode()


def test_a_rule_stands_with_the_offset_of_its_record_as_version() -> None:
    book = RuleBook()
    book.take(b"large-entry", a_change(), 7)
    (rule,) = book.rules.rules
    assert isinstance(rule, LargeEntryRule)
    assert (rule.version, rule.threshold) == (7, Decimal("50000.00"))
    assert book.changes["large-entry"].changed_by == "jnovak"


def test_the_newest_record_of_a_rule_counts_and_one_without_a_value_ends_it() -> None:
    book = RuleBook()
    book.take(b"large-entry", a_change(), 0)
    book.take(b"large-entry", a_change(threshold="70000.00"), 3)
    (rule,) = book.rules.rules
    assert (rule.version, rule.model_dump()["threshold"]) == (3, Decimal("70000.00"))
    book.take(b"large-entry", None, 4)
    assert book.rules.rules == []


def test_a_version_that_a_record_states_counts_for_nothing() -> None:
    book = RuleBook()
    book.take(b"large-entry", a_change(version=99), 5)
    assert book.rules.rules[0].version == 5


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (b"large-entry", b"{", "rule large-entry: the document"),
        (b"large-entry", b"\xff", "rule large-entry: the document"),
        (b"large-entry", a_change(treshold="1.00"), "rule.treshold is not a name known here"),
        (b"large-entry", a_change(threshold="-1"), "rule.threshold should be greater than 0"),
        (b"large-entry", a_change(when="payload.amount > 3"), "rule.when: column 8: undeclared reference"),
        (b"large-entry", a_change(kind="nonsense"), "rule.kind should be one of"),
        (b"large-entry", a_change("another"), "the record holds the rule another, so its key is wrong"),
        (None, a_change(), "so its key is wrong"),
    ],
)
def test_a_wrong_record_is_refused_and_what_stood_before_still_stands(
    key: bytes | None, value: bytes, said: str
) -> None:
    book = RuleBook()
    book.take(b"large-entry", a_change(), 0)
    before = book.rules
    with pytest.raises(RuleRefused) as refused:
        book.take(key, value, 1)
    assert said in str(refused.value)
    assert book.rules == before

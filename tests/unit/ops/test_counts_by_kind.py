"""The shipped rules over a small copy of the shared data, beside plain code that counts from the files."""

from pathlib import Path

from ops.rules import DEFAULT_RULE_FILE
from streams.rules import Rules
from streams.rules.load import load_rules
from tests.support.plain_counts import plain_counts
from tests.support.playing import alerts_by_kind

DATA = Path(__file__).parents[2] / "data"


def test_every_kind_is_raised_as_often_as_plain_code_counts() -> None:
    raised = alerts_by_kind(DATA, Rules(load_rules(DEFAULT_RULE_FILE)), "berka", "cfpb")
    counted = plain_counts(DATA)
    assert all(counted.values())
    assert raised == counted

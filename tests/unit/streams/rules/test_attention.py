"""Who is asked about an entry: everybody who might have something to say, and nobody else."""

from collections.abc import Sequence
from typing import Any

import pytest

from ops.bench.rules import idle_rules
from ops.rules import DEFAULT_RULE_FILE
from schemas.rules import RuleFile
from streams.change import Arrival, Change
from streams.folds import accounts
from streams.rules import Rules
from streams.rules.load import load_rules
from streams.view import View
from tests.support.builders import NOON, a_balance, a_customer, an_account, an_entry, rules_of
from tests.support.driver import Driver

BALANCE: dict[str, Any] = {"id": "large", "kind": "large_balance", "severity": "notice", "threshold": "1000.00"}
ENTRY: dict[str, Any] = {"id": "entry", "kind": "large_entry", "severity": "notice", "threshold": "500.00"}


def asked(rules: Rules, event: Any, *before: Any) -> list[str]:
    """Ids of the rules that are asked about an event of an account which `before` has told of."""
    driver = Driver(rules)
    driver.pipe_each(*before)
    view = View("C1", driver.at_rest)
    held = view.get("account:A1")
    after = accounts.fold(held, event, rules.calendar.day_of)
    change = Change(Arrival(event, "account-changes", "topic-1", 0, 9, NOON), "account:A1", held, after, view)
    return [kind.rule.id for kind, _ in rules.asked(change)]


@pytest.mark.parametrize(
    ("amount_minor", "balance_minor", "who"),
    [
        (499_99, 999_99, []),
        (500_00, 999_99, ["entry"]),
        (-500_00, 0, ["entry"]),
        (1, 1000_00, ["large"]),
        (500_00, 1000_00, ["large", "entry"]),
    ],
)
def test_only_who_is_reached_by_the_balance_or_the_amount_is_asked(
    amount_minor: int, balance_minor: int, who: Sequence[str]
) -> None:
    event = an_entry(amount_minor=amount_minor, balance_minor=balance_minor)
    assert asked(rules_of(BALANCE, ENTRY), event) == who


def test_who_remembers_something_of_the_account_is_asked_whatever_the_amount() -> None:
    event = an_entry(amount_minor=1, balance_minor=1, source_seq=2)
    assert asked(rules_of(BALANCE, ENTRY), event, an_entry(balance_minor=1000_00)) == ["large"]


@pytest.mark.parametrize(
    ("scope", "is_asked"),
    [
        ({"currency": ["CZK"]}, True),
        ({"currency": ["EUR"]}, False),
        ({"product": ["current"]}, True),
        ({"product": ["gold"]}, False),
        ({"customer_kind": ["personal"], "branch": ["B1"], "tier": ["top"]}, True),
        ({"customer_kind": ["corporate"]}, False),
        ({"branch": ["B2"]}, False),
        ({"tier": ["small"]}, False),
    ],
)
def test_a_rule_that_holds_for_others_is_not_asked(scope: dict[str, Any], is_asked: bool) -> None:
    rules = rules_of(ENTRY, BALANCE | {"scope": scope})
    before = (a_customer(home_branch="B1", tier="top"), an_account())
    assert asked(rules, a_balance(balance_minor=1000_00, source_seq=1), *before) == ["large"] * is_asked


def test_two_hundred_rules_that_can_not_apply_are_not_asked_about_an_entry() -> None:
    shipped = load_rules(DEFAULT_RULE_FILE)
    more = RuleFile.model_validate({"rules": [*shipped.model_dump(mode="json")["rules"], *idle_rules(200)]})
    before = (a_customer(home_branch="B1"), an_account())
    event = an_entry(amount_minor=100_000_00, balance_minor=100_000_00)
    assert asked(Rules(more), event, *before) == asked(Rules(shipped), event, *before) != []
    assert asked(Rules(more), an_entry(), *before) == []

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
from tests.support.builders import NOON, a_balance, a_customer, an_account, an_amendment, an_entry, rules_of
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


@pytest.mark.parametrize(
    ("balance_minor", "who"), [(1, ["large"]), (949_99, ["large"]), (950_00, []), (999_99, []), (1000_00, ["large"])]
)
def test_a_rule_that_is_not_armed_is_asked_below_the_level_where_it_arms_again(
    balance_minor: int, who: Sequence[str]
) -> None:
    event = an_entry(amount_minor=1, balance_minor=balance_minor, source_seq=2)
    assert asked(rules_of(BALANCE, ENTRY), event, an_entry(balance_minor=1000_00)) == who


@pytest.mark.parametrize(("amount_minor", "who"), [(-100_00, ["out"]), (-99_99, []), (99_99, []), (100_00, ["out"])])
def test_a_window_is_asked_about_what_it_counts_also_when_it_holds_something(
    amount_minor: int, who: Sequence[str]
) -> None:
    window = {"id": "out", "kind": "large_net_outflow", "severity": "notice", "threshold": "1000.00", "days": 7}
    rules = rules_of(window | {"entries_from": "100.00"})
    assert asked(rules, an_entry(amount_minor=amount_minor, source_seq=2), an_entry(amount_minor=-500_00)) == who


def test_who_remembers_what_no_balance_bounds_is_asked_about_every_entry() -> None:
    drop = {"id": "drop", "kind": "balance_drop", "severity": "notice", "percent": 50, "days": 8, "minimum": "500.00"}
    event = an_entry(amount_minor=1, balance_minor=1, source_seq=2)
    assert asked(rules_of(drop), event) == []
    assert asked(rules_of(drop), event, an_entry(balance_minor=600_00)) == ["drop"]


def test_who_remembers_something_is_asked_also_where_his_scope_has_ended() -> None:
    rules = rules_of(BALANCE | {"scope": {"branch": ["B1"]}})
    before = (a_customer(home_branch="B1"), an_entry(balance_minor=1000_00), an_amendment(home_branch="B2"))
    assert asked(rules, an_entry(balance_minor=1, source_seq=2), *before) == ["large"]
    assert asked(rules, an_entry(balance_minor=1000_00, source_seq=1), *before[::2]) == []


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

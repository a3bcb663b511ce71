"""Thresholds per kind and tier of customer, branch, currency and product: a rule each, and each holds for its own."""

from typing import Any

import pytest

from schemas.rules import RuleFile
from streams.rules import Rules
from tests.support.builders import a_customer, an_account, an_entry
from tests.support.driver import Driver

LOW, HIGH = 100_00, 1_000_00
DIMENSIONS: list[tuple[str, str, str]] = [
    ("customer_kind", "personal", "corporate"),
    ("tier", "small", "top"),
    ("branch", "B1", "B2"),
    ("currency", "CZK", "EUR"),
    ("product", "current", "savings"),
]


def a_rule(name: str, threshold: str, **scope: list[str]) -> dict[str, Any]:
    return {"id": name, "kind": "large_entry", "severity": "notice", "threshold": threshold, "scope": scope}


def raised(rules: list[dict[str, Any]], amount_minor: int, **of: str) -> list[str]:
    """Ids of the rules that raise an alert about an entry of such a customer and account."""
    driver = Driver(Rules(RuleFile.model_validate({"rules": rules})))
    party = {"kind": of["customer_kind"], "tier": of["tier"], "home_branch": of["branch"]}
    account = {"currency": of["currency"], "product": of["product"]}
    driver.pipe_each(a_customer(**party), an_account(**account))
    driver.pipe_each(an_entry(amount_minor=amount_minor, balance_minor=amount_minor, currency=of["currency"]))
    return [alert["proof"]["rule_id"] for alert in driver.published]


@pytest.mark.parametrize(("dimension", "one", "other"), DIMENSIONS, ids=[name for name, _, _ in DIMENSIONS])
@pytest.mark.parametrize(
    ("amount_minor", "by_one", "by_other"),
    [(LOW - 1, [], []), (LOW, ["low"], []), (HIGH - 1, ["low"], []), (HIGH, ["low"], ["high"])],
)
def test_each_threshold_holds_for_its_own(
    dimension: str, one: str, other: str, amount_minor: int, by_one: list[str], by_other: list[str]
) -> None:
    rules = [a_rule("low", "100.00", **{dimension: [one]}), a_rule("high", "1000.00", **{dimension: [other]})]
    usual = {name: value for name, value, _ in DIMENSIONS}
    assert raised(rules, amount_minor, **usual | {dimension: one}) == by_one
    assert raised(rules, amount_minor, **usual | {dimension: other}) == by_other


def test_a_rule_for_several_at_once_holds_only_where_all_of_them_do() -> None:
    rule = a_rule("all", "100.00", **{name: [value] for name, value, _ in DIMENSIONS})
    usual = {name: value for name, value, _ in DIMENSIONS}
    assert raised([rule], LOW, **usual) == ["all"]
    for name, _, other in DIMENSIONS:
        assert raised([rule], LOW, **usual | {name: other}) == []

from typing import Any

import pytest

from streams.rules.conditions import BadCondition, condition_of, names_known
from tests.support.builders import a_customer, an_entry, some_rules
from tests.support.driver import Driver

PAYLOAD = {"account_id": "A1", "currency": "CZK", "balance_minor": 15_000_000, "threshold_minor": 10_000_000}
PROFILE = {"kind": "corporate", "vip": True, "home_branch": "BR-1", "host_manager": None, "relationships": {}}


def judged(expression: str, profile: dict[str, Any] | None = PROFILE) -> bool | str:
    return condition_of("large_balance", expression).judge("C1", profile, PAYLOAD)


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("customer.vip && payload.balance_minor > 500000", True),
        ("customer.vip && payload.balance_minor > 50000000", False),
        ("customer.kind == 'corporate' && payload.currency in ['CZK', 'EUR']", True),
        ("customer.home_branch.startsWith('BR-') && customer.id == 'C1'", True),
        ("customer.host_manager == ''", True),
        ("payload.balance_minor - payload.threshold_minor >= 5000000", True),
        ("payload.account_id.matches('^A[0-9]+$')", True),
        ("payload.account_id == '.map(x)'", False),
    ],
)
def test_a_condition_is_judged_on_the_customer_and_the_payload(expression: str, holds: bool) -> None:
    assert judged(expression) is holds


def test_what_is_not_known_of_a_customer_counts_as_empty() -> None:
    assert judged("customer.vip || customer.kind != ''", None) is False


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("customer.teer == 'vip'", "column 9: undeclared reference to 'customer.teer'"),
        ("customer.vip == 3", "column 14: found no matching overload for '_==_' applied to '(bool, int)'"),
        ("payload.balance_minor > 1.5", "column 23: found no matching overload"),
        ("payload.balance_minor +", "column 24: Syntax error: mismatched input '<EOF>'"),
        ("payload.balance_minor", "it gives a int, and a condition should give true or false"),
        ("[1, 2].all(x, x > 0)", "column 7: all() loops, and a condition may not"),
        ("['a'].exists(x, x == 'a')", "column 6: exists() loops"),
        ("customer.relationships.size() > 1", "undeclared reference"),
        ("true" + " && true" * 100, "it has 804 characters, and at most 500 are allowed"),
        ("(" * 40 + "true" + ")" * 40, "recursion limit exceeded"),
        ("", "column 1: Syntax error"),
    ],
)
def test_a_wrong_expression_is_refused_with_its_place_and_the_reason(expression: str, said: str) -> None:
    with pytest.raises(BadCondition) as refused:
        judged(expression)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("payload.balance_minor / (payload.balance_minor - 15000000) > 1", "divide by zero"),
        ("payload.balance_minor + 9223372036854775807 > 0", "integer overflow"),
        ("int(payload.currency) > 0", ""),
    ],
)
def test_what_cannot_be_judged_gives_the_reason_and_never_a_crash(expression: str, reason: str) -> None:
    verdict = judged(expression)
    assert isinstance(verdict, str)
    assert reason in verdict


def test_the_names_are_the_plain_fields_of_profile_and_payload() -> None:
    names = names_known("maturity")
    assert {"customer.id", "customer.vip", "payload.maturity_on", "payload.outstanding_minor"} <= set(names)
    assert not {"customer.relationships", "customer.order", "payload.balance_minor "} & set(names)


def test_an_expression_is_compiled_once() -> None:
    assert condition_of("large_balance", "customer.vip") is condition_of("large_balance", "customer.vip")


def test_only_what_meets_the_condition_is_raised_and_the_proof_says_so() -> None:
    driver = Driver(some_rules(large_entry={"threshold": "10.00", "when": "payload.amount_minor < 0"}))
    driver.pipe(an_entry(source_seq=1, amount_minor=5_000), an_entry(source_seq=2, amount_minor=-5_000))
    (alert,) = driver.published
    assert alert["payload"]["amount_minor"] == -5_000
    assert alert["proof"]["thresholds"] == {"threshold_minor": 1_000, "when": "payload.amount_minor < 0"}


def test_a_level_crossed_while_the_condition_did_not_hold_is_crossed() -> None:
    driver = Driver(some_rules(large_balance={"threshold": "10.00", "when": "customer.vip"}))
    driver.pipe(an_entry(source_seq=1, balance_minor=5_000), a_customer(vip=True))
    driver.pipe(an_entry(source_seq=2, balance_minor=6_000))
    assert driver.published == []
    driver.pipe(an_entry(source_seq=3, balance_minor=0), an_entry(source_seq=4, balance_minor=7_000))
    assert driver.alert_kinds() == ["large_balance"]


def test_a_condition_that_cannot_be_judged_raises_and_the_proof_says_why() -> None:
    driver = Driver(some_rules(large_entry={"threshold": "10.00", "when": "1 / (payload.amount_minor - 5000) > 0"}))
    driver.pipe(an_entry(amount_minor=5_000))
    (alert,) = driver.published
    assert alert["proof"]["thresholds"]["when_error"] == "divide by zero"

from typing import Any

import pytest

from tests.support.builders import a_balance, an_account, an_amendment, an_entry, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "down", "kind": "large_balance_down", "severity": "notice", "threshold": "1000.00"}
ARMS, FALLS = 1_050_00, 1_000_00 - 1


def balances(driver: Driver, *amounts: int) -> None:
    for balance_minor in amounts:
        driver.pipe(a_balance(source_seq=len(driver.delivered) + 1, balance_minor=balance_minor))


@pytest.mark.parametrize(
    ("stated", "alerts"),
    [
        ([FALLS], 0),
        ([ARMS - 1, FALLS], 0),
        ([ARMS, FALLS + 1], 0),
        ([ARMS, FALLS], 1),
        ([ARMS, FALLS, -5], 1),
        ([ARMS, FALLS, ARMS - 1, FALLS], 1),
        ([ARMS, FALLS, ARMS, FALLS], 2),
    ],
)
def test_it_fires_once_per_fall_from_what_was_clearly_large(stated: list[int], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, *stated)
    assert driver.alert_kinds() == ["large_balance_down"] * alerts


def test_the_alert_says_from_where_the_balance_fell() -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, 9_000_00, 3_00)
    (alert,) = driver.published
    assert alert["payload"] == {
        "account_id": "A1",
        "currency": "CZK",
        "balance_minor": 3_00,
        "threshold_minor": 1_000_00,
    }
    proof = alert["proof"]
    assert proof["thresholds"] == {"threshold_minor": 1_000_00, "rearm_percent": 105}
    assert (proof["before"], proof["after"]) == ({"balance_minor": 9_000_00}, {"balance_minor": 3_00})


def test_the_same_fall_twice_fires_once_and_an_older_balance_neither_arms_nor_falls() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_balance(source_seq=5, balance_minor=ARMS), an_entry(source_seq=4, balance_minor=0))
    assert driver.alert_kinds() == []
    driver.pipe_each(a_balance(source_seq=6, balance_minor=0), a_balance(source_seq=6, balance_minor=0))
    driver.pipe_each(an_entry(source_seq=3, balance_minor=ARMS), a_balance(source_seq=7, balance_minor=0))
    assert driver.alert_kinds() == ["large_balance_down"]


def test_what_is_out_of_scope_takes_no_room() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"customer_kind": ["corporate"]}}))
    balances(driver, ARMS, FALLS)
    assert (driver.published, "rules" in driver.section("account:A1")) == ([], False)
    driver.pipe(an_amendment(kind="corporate"), an_account())
    balances(driver, ARMS, FALLS)
    assert driver.alert_kinds() == ["large_balance_down"]


def test_a_fall_out_of_scope_is_forgotten() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"customer_kind": ["corporate"]}}))
    driver.pipe(an_amendment(kind="corporate"))
    balances(driver, ARMS)
    driver.pipe(an_amendment(kind="personal", source_seq=2))
    balances(driver, FALLS)
    assert (driver.published, "rules" in driver.section("account:A1")) == ([], False)


def test_it_does_not_show_in_what_large_balance_remembers() -> None:
    large = {"id": "large", "kind": "large_balance", "severity": "notice", "threshold": "1000.00"}
    driver = Driver(rules_of(large, RULE))
    balances(driver, ARMS)
    account = driver.section("account:A1")
    assert (account["armed"], account["rules"]["down"]) == (False, {"armed": True})
    balances(driver, 0)
    account = driver.section("account:A1")
    assert (account["armed"], account["rules"]) == (True, {"down": {"fell_by": "core:2"}})

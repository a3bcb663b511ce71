from typing import Any

import pytest

from tests.support.builders import a_balance, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {
    "id": "foreign",
    "kind": "foreign_currency_balance",
    "severity": "notice",
    "home_currency": "CZK",
    "threshold": "1000.00",
}
LEVEL = 1_000_00


def balances(driver: Driver, currency: str, *amounts: int) -> None:
    for balance_minor in amounts:
        seq = len(driver.delivered) + 1
        driver.pipe(a_balance(source_seq=seq, balance_minor=balance_minor, currency=currency))


@pytest.mark.parametrize(
    ("currency", "stated", "alerts"),
    [
        ("CZK", [LEVEL], 0),
        ("EUR", [LEVEL - 1], 0),
        ("EUR", [LEVEL], 1),
        ("EUR", [LEVEL, LEVEL + 1, 950_00, LEVEL], 1),
        ("EUR", [LEVEL, 950_00 - 1, LEVEL], 2),
        ("JPY", [1000], 1),
    ],
)
def test_it_fires_once_while_much_of_a_foreign_currency_is_held(currency: str, stated: list[int], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, currency, *stated)
    assert driver.alert_kinds() == ["foreign_currency_balance"] * alerts


def test_the_alert_says_which_currency_is_the_banks_own() -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, "EUR", LEVEL)
    (alert,) = driver.published
    assert alert["payload"] == {
        "account_id": "A1",
        "currency": "EUR",
        "balance_minor": LEVEL,
        "threshold_minor": LEVEL,
        "home_currency": "CZK",
    }
    assert alert["proof"]["thresholds"] == {"threshold_minor": LEVEL, "home_currency": "CZK", "rearm_percent": 95}


def test_a_duplicate_and_an_older_balance_change_nothing() -> None:
    driver = Driver(rules_of(RULE))
    first = a_balance(source_seq=5, balance_minor=LEVEL, currency="EUR")
    driver.pipe_each(first, first, a_balance(source_seq=4, balance_minor=0, currency="EUR"))
    driver.pipe_each(a_balance(source_seq=6, balance_minor=LEVEL, currency="EUR"))
    assert driver.alert_kinds() == ["foreign_currency_balance"]


def test_a_scope_chooses_the_currencies() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["USD"]}}))
    balances(driver, "EUR", LEVEL)
    assert driver.published == []

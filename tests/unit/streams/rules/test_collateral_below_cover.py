"""A drawdown of 100.00, secured: the pledges must be worth 100 % of it unless they say more."""

from typing import Any

import pytest

from tests.support.builders import (
    a_bill,
    a_collateral_release,
    a_drawdown,
    a_guarantee,
    a_pledge,
    a_repayment,
    a_settlement,
    a_valuation,
    rules_of,
)
from tests.support.driver import Driver

RULE = {"id": "cover", "kind": "collateral_below_cover", "severity": "urgent"}


def a_secured_loan(value_minor: int = 150_00, cover_percent: int = 100, **stated: Any) -> Driver:
    driver = Driver(rules_of({**RULE, **stated}))
    driver.pipe(a_drawdown(amount_minor=100_00), a_pledge(value_minor=value_minor, cover_percent=cover_percent))
    return driver


@pytest.mark.parametrize(
    ("percent", "cover", "value", "alerts"),
    [(100, 100, 100_00, 0), (100, 100, 99_99, 1), (100, 120, 119_99, 1), (110, 120, 132_00, 0), (110, 120, 131_99, 1)],
)
def test_it_fires_below_the_cover_required(percent: int, cover: int, value: int, alerts: int) -> None:
    driver = a_secured_loan(cover_percent=cover, percent=percent)
    driver.pipe(a_valuation(value_minor=value))
    assert driver.alert_kinds() == ["collateral_below_cover"] * alerts


def test_it_fires_once_and_again_after_the_cover_was_whole() -> None:
    driver = a_secured_loan()
    driver.pipe(a_valuation(value_minor=90_00))
    driver.pipe(a_valuation(value_minor=80_00, source_seq=2))
    assert len(driver.alert_kinds()) == 1
    driver.pipe(a_repayment(amount_minor=50_00))
    driver.pipe(a_drawdown(drawdown_id="D2", amount_minor=50_00))
    assert len(driver.alert_kinds()) == 2


def test_a_drawdown_beyond_the_cover_fires() -> None:
    driver = a_secured_loan()
    driver.pipe(a_drawdown(drawdown_id="D2", amount_minor=60_00))
    (alert,) = driver.published
    assert alert["subject"] == "collateral:L1"
    assert alert["payload"] == {
        "contract_id": "L1",
        "currency": "CZK",
        "value_minor": 150_00,
        "owed_minor": 160_00,
        "cover_percent": 100,
    }
    assert alert["proof"]["thresholds"] == {"percent": 100, "cover_percent": 100}
    assert alert["proof"]["before"] == {"value_minor": 150_00, "owed_minor": 100_00}
    assert alert["proof"]["after"] == {"value_minor": 150_00, "owed_minor": 160_00}


def test_a_pledge_that_is_too_small_from_the_first_fires() -> None:
    assert a_secured_loan(value_minor=50_00).alert_kinds() == ["collateral_below_cover"]


def test_one_of_two_pledges_released_fires_and_the_last_one_ends_what_is_required() -> None:
    driver = a_secured_loan(value_minor=90_00)
    driver.pipe(a_pledge(collateral_id="P2", value_minor=20_00))
    driver.pipe(a_collateral_release(collateral_id="P2"))
    assert len(driver.alert_kinds()) == 2
    driver.pipe(a_collateral_release())
    assert len(driver.alert_kinds()) == 2


def test_bills_and_guarantees_of_the_contract_have_to_be_covered_too() -> None:
    driver = a_secured_loan()
    driver.pipe(a_bill(contract_id="L1", amount_minor=50_00))
    assert driver.published == []
    driver.pipe(a_guarantee(contract_id="L1", amount_minor=1))
    assert [alert["payload"]["owed_minor"] for alert in driver.published] == [150_01]


def test_a_settled_loan_needs_no_cover() -> None:
    driver = a_secured_loan()
    driver.pipe(a_settlement())
    driver.pipe(a_valuation(value_minor=0))
    assert driver.published == []


def test_amounts_of_different_currencies_are_not_compared() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown(currency="EUR"), a_pledge(value_minor=1))
    assert driver.published == []


def test_it_holds_for_its_scope_only() -> None:
    assert a_secured_loan(value_minor=1, scope={"currency": ["EUR"]}).published == []

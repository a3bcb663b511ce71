import pytest

from tests.support.builders import a_contract, a_drawdown, a_repayment, rules_of
from tests.support.driver import Driver

RULE = {"id": "over", "kind": "drawn_over_limit", "severity": "urgent"}


@pytest.mark.parametrize(
    ("tolerance", "amount", "alerts"), [(0, 100_00, 0), (0, 100_01, 1), (10, 110_00, 0), (10, 110_01, 1)]
)
def test_it_fires_above_the_limit_and_its_tolerance(tolerance: int, amount: int, alerts: int) -> None:
    driver = Driver(rules_of({**RULE, "tolerance_percent": tolerance}))
    driver.pipe(a_contract(limit_minor=100_00), a_drawdown(amount_minor=amount))
    assert driver.alert_kinds() == ["drawn_over_limit"] * alerts


def test_it_fires_once_and_again_after_it_was_within_the_limit() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_contract(limit_minor=100_00), a_drawdown(amount_minor=100_01))
    driver.pipe(a_drawdown(drawdown_id="D2", amount_minor=5_00))
    assert len(driver.alert_kinds()) == 1
    driver.pipe(a_repayment(amount_minor=5_01))
    driver.pipe(a_drawdown(drawdown_id="D3", amount_minor=1))
    assert len(driver.alert_kinds()) == 2


def test_the_alert_says_by_how_much() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_contract(limit_minor=100_00), a_drawdown(amount_minor=120_00))
    (alert,) = driver.published
    assert alert["payload"] == {
        "contract_id": "L1",
        "currency": "CZK",
        "outstanding_minor": 120_00,
        "limit_minor": 100_00,
        "over_minor": 20_00,
    }
    assert alert["proof"]["thresholds"] == {"limit_minor": 100_00, "tolerance_percent": 0}


def test_a_contract_whose_limit_is_not_known_is_not_judged() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown())
    assert driver.published == []


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe(a_contract(limit_minor=100_00), a_drawdown(amount_minor=120_00))
    assert driver.published == []

import pytest

from tests.support.builders import a_drawdown, a_missed_instalment, a_repayment, a_settlement, rules_of
from tests.support.driver import Driver

RULE = {"id": "arrears", "kind": "arrears", "severity": "urgent", "threshold": "100.00", "rearm_percent": 50}


def arrears(driver: Driver, *amounts: int) -> None:
    """State what is in arrears after an instalment missed, or paid when it becomes less."""
    last = 0
    for amount in amounts:
        stated = {"source_seq": len(driver.delivered) + 1, "arrears_minor": amount}
        driver.pipe(a_missed_instalment(**stated) if amount > last else a_repayment(amount_minor=1, **stated))
        last = amount


@pytest.mark.parametrize(
    ("stated", "alerts"),
    [
        ([99_99], 0),
        ([100_00], 1),
        ([100_00, 200_00], 1),
        ([100_00, 50_00, 100_00], 1),
        ([100_00, 49_99], 1),
        ([100_00, 49_99, 100_00], 2),
    ],
)
def test_it_fires_once_at_the_threshold_and_arms_again_below_half_of_it(stated: list[int], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    arrears(driver, *stated)
    assert driver.alert_kinds() == ["arrears"] * alerts


def test_the_arrears_of_all_drawdowns_count() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_missed_instalment(arrears_minor=60_00))
    driver.pipe(a_missed_instalment(drawdown_id="D2", arrears_minor=40_00))
    assert driver.alert_kinds() == ["arrears"]


def test_the_alert_says_what_and_why() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown(amount_minor=900_00))
    driver.pipe(a_missed_instalment(arrears_minor=120_00))
    (alert,) = driver.published
    assert alert["subject"] == "loan:L1"
    assert alert["payload"] == {
        "contract_id": "L1",
        "currency": "CZK",
        "arrears_minor": 120_00,
        "outstanding_minor": 900_00,
        "threshold_minor": 100_00,
    }
    assert alert["proof"]["before"] == {"arrears_minor": 0, "outstanding_minor": 900_00}


def test_a_settled_drawdown_is_in_arrears_no_more() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_missed_instalment(arrears_minor=100_00))
    driver.pipe(a_settlement())
    driver.pipe(a_missed_instalment(drawdown_id="D2", arrears_minor=100_00))
    assert len(driver.alert_kinds()) == 2


def test_an_older_statement_that_comes_late_does_not_fire() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_repayment(source_seq=5, arrears_minor=0))
    driver.pipe(a_missed_instalment(source_seq=4, arrears_minor=500_00))
    assert driver.published == []


def test_a_threshold_of_less_than_the_smallest_coin_is_that_coin() -> None:
    driver = Driver(rules_of({**RULE, "threshold": "0.01"}))
    driver.pipe(a_drawdown(currency="JPY"))
    assert driver.published == []
    driver.pipe(a_missed_instalment(currency="JPY", arrears_minor=1))
    assert driver.alert_kinds() == ["arrears"]


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe(a_missed_instalment(arrears_minor=500_00))
    assert driver.published == []

import pytest

from tests.support.builders import a_drawdown, a_settlement, rules_of
from tests.support.driver import Driver

RULE = {"id": "large-drawdown", "kind": "large_drawdown", "severity": "notice", "threshold": "100.00"}


@pytest.mark.parametrize(("amount", "alerts"), [(99_99, 0), (100_00, 1), (100_01, 1)])
def test_it_fires_at_the_threshold(amount: int, alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown(amount_minor=amount))
    assert driver.alert_kinds() == ["large_drawdown"] * alerts


def test_each_drawdown_fires_by_itself_and_once_however_often_it_is_stated() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown(), a_drawdown(), a_drawdown(drawdown_id="D2"))
    driver.pipe(a_drawdown(source_seq=1, amount_minor=90_000_00))
    assert [alert["subject"] for alert in driver.published] == ["loan:L1/drawdown:D1", "loan:L1/drawdown:D2"]


def test_an_amount_that_is_corrected_upwards_fires() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown(amount_minor=50_00))
    driver.pipe(a_drawdown(amount_minor=200_00, source_seq=1))
    (alert,) = driver.published
    assert (alert["proof"]["before"], alert["proof"]["after"]) == ({"amount_minor": 50_00}, {"amount_minor": 200_00})


def test_the_alert_says_what_and_why() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown(amount_minor=200_00))
    (alert,) = driver.published
    assert alert["payload"] == {
        "contract_id": "L1",
        "drawdown_id": "D1",
        "currency": "CZK",
        "amount_minor": 200_00,
        "drawn_on": "2020-03-02",
        "maturity_on": "2021-03-02",
        "threshold_minor": 100_00,
    }
    assert alert["proof"]["thresholds"] == {"threshold_minor": 100_00}


def test_a_drawdown_told_after_it_was_settled_is_no_news() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_settlement())
    driver.pipe(a_drawdown())
    assert driver.published == []


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe(a_drawdown())
    assert driver.published == []

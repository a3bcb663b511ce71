"""A contract of 100,000.00: fires at 90 % of it, arms again below 80 %."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.builders import a_contract, a_drawdown, a_repayment, a_settlement, rules_of
from tests.support.driver import Driver

RULE = {"id": "limit", "kind": "limit_nearly_drawn", "severity": "warning"}
LIMIT = 100_000_00


def a_driver(**stated: Any) -> Driver:
    driver = Driver(rules_of({**RULE, **stated}))
    driver.pipe(a_contract(limit_minor=LIMIT))
    return driver


def draw(driver: Driver, *amounts: int) -> None:
    """Draw amounts one after the other; negative ones are repaid."""
    for amount in amounts:
        seq = len(driver.delivered)
        if amount > 0:
            driver.pipe(a_drawdown(drawdown_id=f"D{seq}", amount_minor=amount, source_seq=seq))
        else:
            driver.pipe(a_repayment(drawdown_id="D1", amount_minor=-amount, source_seq=seq))


@pytest.mark.parametrize(
    ("drawn", "alerts"),
    [
        ([89_999_99], 0),
        ([90_000_00], 1),
        ([50_000_00, 40_000_00], 1),
        ([50_000_00, 39_999_99], 0),
        ([90_000_00, 5_000_00], 1),
        ([90_000_00, -10_000_00, 10_000_00], 1),
        ([90_000_00, -10_000_01], 1),
        ([90_000_00, -10_000_01, 10_000_01], 2),
        ([LIMIT], 0),
        ([LIMIT, 1], 1),
        ([50_000_00, 50_000_00], 1),
    ],
)
def test_it_fires_once_at_90_percent_and_arms_again_below_80(drawn: list[int], alerts: int) -> None:
    driver = a_driver()
    draw(driver, *drawn)
    assert driver.alert_kinds() == ["limit_nearly_drawn"] * alerts


def test_the_alert_says_what_and_why() -> None:
    driver = a_driver()
    driver.pipe(a_drawdown(amount_minor=95_500_00, source_seq=3))
    (alert,) = driver.published
    assert alert["subject"] == "loan:L1"
    assert alert["payload"] == {
        "contract_id": "L1",
        "currency": "CZK",
        "outstanding_minor": 95_500_00,
        "limit_minor": LIMIT,
        "percent": 95,
    }
    proof = alert["proof"]
    assert proof["thresholds"] == {"percent": 90, "rearm_percent": 80}
    assert proof["before"] == {"outstanding_minor": 0, "contract_minor": LIMIT}
    assert proof["after"] == {"outstanding_minor": 95_500_00, "contract_minor": LIMIT}
    assert proof["causes"] == [{"topic": "loan-drawdowns", "partition": 0, "offset": 1}]


def test_the_same_drawdown_twice_fires_once() -> None:
    driver = a_driver()
    drawdown = a_drawdown(amount_minor=95_000_00)
    driver.pipe(drawdown, drawdown)
    driver.pipe(drawdown)
    assert len(driver.alert_kinds()) == 1


def test_a_limit_that_arrives_after_its_drawdown_is_judged_then() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown(amount_minor=95_000_00))
    assert driver.published == []
    driver.pipe(a_contract(limit_minor=LIMIT))
    assert driver.alert_kinds() == ["limit_nearly_drawn"]


def test_settling_arms_again() -> None:
    driver = a_driver()
    driver.pipe(a_drawdown(amount_minor=95_000_00))
    driver.pipe(a_settlement())
    assert "rules" not in driver.section("loan:L1")
    driver.pipe(a_drawdown(drawdown_id="D2", amount_minor=95_000_00))
    assert len(driver.alert_kinds()) == 2


def test_it_holds_for_its_scope_only() -> None:
    driver = a_driver(scope={"currency": ["EUR"]})
    driver.pipe(a_drawdown(amount_minor=95_000_00))
    assert driver.published == []


def test_a_rule_that_would_fire_again_at_once_is_refused() -> None:
    with pytest.raises(ValidationError, match="should be at most percent, 90"):
        rules_of({**RULE, "rearm_percent": 91})

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.builders import NOON, a_balance, an_entry, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {
    "id": "drop",
    "kind": "balance_drop",
    "severity": "warning",
    "percent": 60,
    "days": 80,
    "minimum": "1000.00",
}
"""A step is ten days, and the window eight of them."""


def balances(driver: Driver, *told: tuple[int, int]) -> None:
    """(day, balance) in whole units, each in a step of its own."""
    for day, balance in told:
        at = NOON + timedelta(days=day)
        seq = len(driver.delivered) + 1
        driver.pipe(a_balance(source_seq=seq, balance_minor=balance * 100, occurred_at=at))


@pytest.mark.parametrize(
    ("told", "alerts"),
    [
        ([(0, 0)], 0),
        ([(0, 999), (1, 0)], 0),
        ([(0, 1000), (1, 401)], 0),
        ([(0, 1000), (1, 400)], 1),
        ([(0, 1000), (1, -400), (2, 0)], 1),
        ([(0, 1000), (30, 2000), (60, 900), (61, 800)], 1),
        ([(0, 1000), (1, 400), (2, 899), (3, 400)], 1),
        ([(0, 1000), (1, 400), (2, 900), (3, 400)], 2),
        ([(0, 1000), (90, 400)], 0),
        # So long ago that the rule is armed again, and the balance fell again since.
        ([(0, 10_000), (1, 3000), (95, 3000), (96, 1000)], 2),
        ([(0, 10_000), (1, 3000), (50, 1000)], 1),
    ],
)
def test_it_fires_once_when_most_of_the_windows_peak_is_gone(told: list[tuple[int, int]], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, *told)
    assert driver.alert_kinds() == ["balance_drop"] * alerts


def test_the_alert_says_from_which_peak() -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, (0, 5000), (20, 3000), (21, 1000))
    (alert,) = driver.published
    assert alert["payload"] == {
        "account_id": "A1",
        "currency": "CZK",
        "balance_minor": 1_000_00,
        "peak_minor": 5_000_00,
        "percent": 80,
        "days": 80,
    }
    proof = alert["proof"]
    limits = {"percent": 60, "days": 80, "minimum_minor": 1_000_00, "rearm_percent": 90}
    assert proof["thresholds"] == limits
    assert (proof["before"], proof["after"]) == ({"balance_minor": 3_000_00}, {"balance_minor": 1_000_00})


def test_a_duplicate_and_an_older_balance_change_nothing() -> None:
    driver = Driver(rules_of(RULE))
    fall = a_balance(source_seq=6, balance_minor=0)
    driver.pipe_each(a_balance(source_seq=5, balance_minor=1_000_00), an_entry(source_seq=4, balance_minor=0))
    assert driver.published == []
    driver.pipe_each(fall, fall, an_entry(source_seq=3, balance_minor=9_000_00))
    driver.pipe_each(a_balance(source_seq=7, balance_minor=900_00 - 1), a_balance(source_seq=8, balance_minor=0))
    assert driver.alert_kinds() == ["balance_drop"]


def test_at_most_eight_peaks_are_remembered_and_none_that_a_later_one_reaches() -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, *((day, 9000 - day) for day in range(0, 400, 3)))
    assert len(driver.section("account:A1")["rules"]["drop"]["peaks"]) == 8
    balances(driver, (401, 20_000))
    assert len(driver.section("account:A1")["rules"]["drop"]["peaks"]) == 1


def test_small_balances_and_other_currencies_take_no_room() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    balances(driver, (0, 5), (1, 5000), (2, 0))
    assert (driver.published, "rules" in driver.section("account:A1")) == ([], False)


def test_what_was_seen_is_forgotten_once_it_has_left_the_window() -> None:
    driver = Driver(rules_of(RULE))
    balances(driver, (0, 1000), (90, 900))
    assert "rules" not in driver.section("account:A1")


def test_a_rule_that_would_fire_again_at_once_is_refused() -> None:
    with pytest.raises(ValidationError, match="rearm_percent: should be above 95"):
        rules_of({**RULE, "percent": 5})

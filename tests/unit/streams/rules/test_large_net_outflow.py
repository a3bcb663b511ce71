from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOON, an_amendment, an_entry, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {
    "id": "outflow",
    "kind": "large_net_outflow",
    "severity": "warning",
    "threshold": "1000.00",
    "days": 3,
}


def flows(driver: Driver, *told: tuple[int, int]) -> None:
    """(day, amount) in whole units, each in a step of its own."""
    for day, amount in told:
        driver.pipe(entry(len(driver.delivered) + 1, day, amount))


def entry(seq: int, day: int, amount: int) -> Any:
    return an_entry(source_seq=seq, amount_minor=amount * 100, balance_minor=7, occurred_at=at(day))


def at(day: int) -> datetime:
    return NOON + timedelta(days=day)


@pytest.mark.parametrize(
    ("told", "alerts"),
    [
        ([(0, -999)], 0),
        ([(0, -1000)], 1),
        ([(0, 1000)], 0),
        ([(0, -600), (2, -400)], 1),
        ([(0, -600), (3, -400)], 0),
        ([(0, -600), (1, 1), (2, -400)], 0),
        ([(0, -1000), (0, -5000)], 1),
        ([(0, -1000), (1, 400), (2, -1000)], 1),
        ([(0, -1000), (1, 501), (2, -1000)], 2),
        ([(0, -1000), (3, -1), (3, -999)], 2),
    ],
)
def test_it_fires_once_while_more_goes_out_in_the_window(told: list[tuple[int, int]], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    flows(driver, *told)
    assert driver.alert_kinds() == ["large_net_outflow"] * alerts


def test_the_alert_says_how_much_and_in_which_days() -> None:
    driver = Driver(rules_of(RULE))
    flows(driver, (0, -600), (1, 100), (2, -500))
    (alert,) = driver.published
    assert alert["payload"] == {
        "account_id": "A1",
        "currency": "CZK",
        "outflow_minor": 1_000_00,
        "balance_minor": 7,
        "from_on": "2020-03-02",
        "to_on": "2020-03-04",
        "threshold_minor": 1_000_00,
    }
    proof = alert["proof"]
    assert proof["thresholds"] == {"threshold_minor": 1_000_00, "days": 3, "rearm_percent": 50}
    assert (proof["before"], proof["after"]) == ({"outflow_minor": 500_00}, {"outflow_minor": 1_000_00})


def test_duplicates_do_not_count_and_order_does_not_matter_inside_the_window() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(entry(3, 2, -400), entry(3, 2, -400), entry(1, 0, -599), entry(2, 1, -1))
    assert driver.alert_kinds() == ["large_net_outflow"]
    assert driver.section("account:A1")["rules"]["outflow"] == {
        "sums": {"2020-03-02": -599_00, "2020-03-03": -1_00, "2020-03-04": -400_00},
        "fired_by": "core:2",
    }


def test_an_entry_older_than_the_window_does_not_count() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(entry(2, 5, -1), entry(1, 0, -9999))
    assert driver.published == []


def test_no_more_days_are_remembered_than_the_window_has() -> None:
    driver = Driver(rules_of(RULE))
    flows(driver, *((day, -1) for day in range(20)))
    assert list(driver.section("account:A1")["rules"]["outflow"]["sums"]) == ["2020-03-19", "2020-03-20", "2020-03-21"]


def test_small_entries_and_other_customers_cost_no_room() -> None:
    driver = Driver(rules_of({**RULE, "entries_from": "100.00", "scope": {"customer_kind": ["corporate"]}}))
    flows(driver, (0, -2000))
    driver.pipe(an_amendment(kind="corporate"))
    flows(driver, (0, -99))
    assert "rules" not in driver.section("account:A1")
    flows(driver, (0, -1000))
    assert driver.alert_kinds() == ["large_net_outflow"]


def test_a_day_is_the_banks() -> None:
    driver = Driver(rules_of({**RULE, "days": 1}, bank_timezone="Pacific/Kiritimati"))
    flows(driver, (0, -600))
    driver.pipe(an_entry(source_seq=9, amount_minor=-400_00, occurred_at="2020-03-02T09:59:00Z"))
    assert driver.published == []
    driver.pipe(an_entry(source_seq=10, amount_minor=-400_00, occurred_at="2020-03-03T09:59:00Z"))
    assert driver.alert_kinds() == ["large_net_outflow"]

"""Month-end balances."""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import orjson

from schemas.views import history_section
from streams.folds.balance_history import MONTHS_KEPT
from tests.support.builders import a_balance, an_account, an_entry, some_rules
from tests.support.driver import Driver

HISTORY = history_section("A1")


def _entry(seq: int, on: str, balance_minor: int | None = None) -> Any:
    return an_entry(source_seq=seq, booked_on=on, balance_minor=seq if balance_minor is None else balance_minor)


def _months(count: int) -> list[str]:
    return [date(2020 + month // 12, month % 12 + 1, 15).isoformat() for month in range(count)]


def _closings(*events: Any) -> dict[str, tuple[int, str]]:
    driver = Driver()
    driver.pipe_each(*events)
    if HISTORY not in driver.view():
        return {}
    parts = driver.section(HISTORY)["closings"]
    return {month: (part["balance_minor"], part["on"]) for month, part in parts.items()}


def test_an_entry_within_the_month_writes_no_history() -> None:
    driver = Driver()
    driver.pipe_each(an_account(), _entry(1, "2020-03-02"), _entry(2, "2020-03-31"))
    assert driver.section("account:A1")["balance_on"] == "2020-03-31"
    assert driver.put == {"account:A1", "summary"}


def test_the_first_entry_of_a_month_leaves_the_last_balance_of_the_one_before() -> None:
    driver = Driver()
    driver.pipe_each(_entry(1, "2020-03-02", 100), _entry(2, "2020-03-30", 250), _entry(3, "2020-05-02", 70))
    assert driver.put == {"account:A1", HISTORY, "summary"}
    assert driver.section(HISTORY) == {
        "account_id": "A1",
        "currency": "CZK",
        "closings": {"2020-03": {"balance_minor": 250, "on": "2020-03-30", "seq": 2}},
    }


def test_a_reported_balance_is_of_the_banks_day() -> None:
    night = {"occurred_at": "2020-03-31T22:30:00Z"}
    for zone, month in (("UTC", "2020-03"), ("Europe/Prague", "2020-04")):
        driver = Driver(some_rules(zone))
        driver.pipe_each(a_balance(source_seq=1, balance_minor=5, **night), _entry(2, "2020-07-01"))
        assert list(driver.section(HISTORY)["closings"]) == [month]


def test_any_order_of_entries_and_reports_ends_the_same() -> None:
    report = a_balance(source_seq=3, balance_minor=33, occurred_at=datetime(2020, 4, 30, 9, tzinfo=UTC))
    history = [
        _entry(1, "2020-03-02"),
        _entry(2, "2020-04-01"),
        report,
        _entry(4, "2020-05-04"),
        _entry(5, "2020-04-29"),
    ]
    wanted = {"2020-03": (1, "2020-03-02"), "2020-05": (4, "2020-05-04")}
    for order in permutations(history):
        assert _closings(*order) == _closings(*order, *reversed(order)) == wanted
    assert _closings(*sorted(history, key=lambda event: event.source_seq), _entry(6, "2020-05-05")) == {
        "2020-03": (1, "2020-03-02"),
        "2020-04": (5, "2020-04-29"),
    }


def test_the_newest_thirteen_months_before_the_present_are_kept() -> None:
    events = [_entry(seq, on) for seq, on in enumerate(_months(MONTHS_KEPT + 4))]
    kept = [on[:7] for on in _months(MONTHS_KEPT + 4)[4:-1]]
    assert len(kept) == 13
    assert list(_closings(*events)) == list(_closings(*reversed(events))) == kept


def test_a_booking_day_long_past_makes_no_month_come_back() -> None:
    months = _months(MONTHS_KEPT + 1)
    events = [_entry(seq, on) for seq, on in enumerate(months)]
    backdated = _entry(98, "2019-01-05")
    assert list(_closings(*events, backdated)) == [on[:7] for on in months[1:]]
    assert list(_closings(*events, backdated, _entry(99, months[-1]))) == [on[:7] for on in months[1:-1]]


def test_an_entry_told_again_says_nothing_new() -> None:
    assert _closings(_entry(1, "2020-03-02"), _entry(2, "2020-04-02"), _entry(2, "2020-01-02")) == {
        "2020-03": (1, "2020-03-02")
    }


def test_a_balance_of_before_there_were_days_leaves_no_closing() -> None:
    driver = Driver()
    driver.pipe(_entry(1, "2020-03-02"))
    account = driver.section("account:A1")
    driver.at_rest["account:A1"] = orjson.dumps({name: account[name] for name in account if name != "balance_on"})
    driver.pipe_each(_entry(2, "2020-04-02"), _entry(3, "2020-05-02"))
    assert list(driver.section(HISTORY)["closings"]) == ["2020-04"]

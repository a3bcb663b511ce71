from datetime import UTC, datetime, timedelta

import pytest

from tests.support.builders import (
    NOON,
    a_balance,
    a_closure,
    a_drawdown,
    a_repayment,
    a_settlement,
    an_account,
    new_terms,
    some_rules,
)
from tests.support.driver import Driver

MATURITY = "2020-06-01"
DUE = datetime(2020, 5, 2, tzinfo=UTC)
"""Thirty days before."""
MOMENT = timedelta(microseconds=1)


def test_a_drawdown_is_told_of_when_its_due_day_begins() -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on=MATURITY, amount_minor=80), a_repayment(amount_minor=30))
    driver.advance(DUE - MOMENT)
    assert driver.alert_kinds() == []
    driver.advance(DUE)
    (alert,) = driver.published
    assert alert["subject"] == "loan:L1/drawdown:D1"
    assert alert["raised_at"] == "2020-05-02T00:00:00Z"
    assert alert["payload"] == {
        "maturity_on": MATURITY,
        "days_before": 30,
        "currency": "CZK",
        "contract_id": "L1",
        "drawdown_id": "D1",
        "amount_minor": 80,
        "outstanding_minor": 50,
    }
    assert alert["proof"]["causes"] == [{"topic": "loan-drawdowns", "partition": 0, "offset": 0}]
    assert alert["proof"]["thresholds"] == {"days_before": 30}


def test_a_term_deposit_is_told_of_with_its_balance_then() -> None:
    driver = Driver()
    driver.pipe(an_account(maturity_on=MATURITY), a_balance(balance_minor=7))
    driver.advance(DUE)
    (alert,) = driver.published
    assert alert["subject"] == "account:A1"
    assert alert["payload"] == {
        "maturity_on": MATURITY,
        "days_before": 30,
        "currency": "CZK",
        "account_id": "A1",
        "balance_minor": 7,
    }


def test_it_fires_once() -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    driver.advance(DUE)
    driver.advance(DUE + timedelta(days=1))
    driver.pipe(a_drawdown(maturity_on=MATURITY), a_drawdown(maturity_on=MATURITY, source_seq=5))
    driver.advance(DUE + timedelta(days=2))
    assert driver.alert_kinds() == ["maturity"]
    assert driver.section("deadlines") == {"due": {}}


def test_another_day_is_another_alert() -> None:
    driver = Driver()
    driver.pipe(an_account(maturity_on=MATURITY))
    driver.advance(DUE)
    driver.pipe(new_terms(maturity_on="2020-07-01"))
    driver.advance(DUE + timedelta(days=60))
    assert [alert["payload"]["maturity_on"] for alert in driver.published] == [MATURITY, "2020-07-01"]


def test_one_met_inside_the_lead_fires_at_once_and_says_when_it_was_stated() -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on="2020-03-10"))
    assert [alert["raised_at"] for alert in driver.published] == ["2020-03-02T12:00:00Z"]


def test_it_fires_however_late_the_clock_gets_there() -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    driver.advance(DUE + timedelta(days=400))
    assert [alert["raised_at"] for alert in driver.published] == ["2020-05-02T00:00:00Z"]


@pytest.mark.parametrize(("maturity_on", "alerts"), [("2020-03-01", 0), ("2020-03-02", 1)])
def test_a_maturity_past_when_stated_is_no_deadline(maturity_on: str, alerts: int) -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on=maturity_on))
    assert driver.alert_kinds() == ["maturity"] * alerts


@pytest.mark.parametrize(
    "end", [a_settlement(), a_drawdown(maturity_on="2030-01-01", source_seq=2)], ids=["settled", "moved"]
)
def test_what_is_settled_or_moved_is_not_told_of(end: object) -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on=MATURITY), end)
    driver.advance(DUE)
    assert driver.alert_kinds() == []


@pytest.mark.parametrize("end", [a_closure(), new_terms(maturity_on=None)], ids=["closed", "no maturity"])
def test_a_deposit_closed_or_without_maturity_is_not_told_of(end: object) -> None:
    driver = Driver()
    driver.pipe(an_account(maturity_on=MATURITY), end)
    driver.advance(DUE)
    assert driver.alert_kinds() == []
    assert driver.section("summary")["due_on"] is None


def test_terms_older_than_those_held_move_nothing() -> None:
    driver = Driver()
    driver.pipe_each(new_terms(source_seq=5, maturity_on=MATURITY), an_account(maturity_on="2020-04-01"))
    assert driver.section("deadlines")["due"]["account:A1"]["on"] == MATURITY


def test_the_newest_statement_of_a_day_is_its_cause() -> None:
    driver = Driver()
    later = NOON + timedelta(hours=1)
    driver.pipe(an_account(maturity_on=MATURITY), new_terms(maturity_on=MATURITY, occurred_at=later))
    assert driver.section("deadlines")["due"]["account:A1"] == {
        "on": MATURITY,
        "stated_at": "2020-03-02T13:00:00Z",
        "cause": ["account-changes", 0, 1],
    }


def test_an_account_opened_again_falls_due_by_its_new_terms() -> None:
    driver = Driver()
    driver.pipe(
        an_account(maturity_on=MATURITY), a_closure(source_seq=1), new_terms(source_seq=2, maturity_on=MATURITY)
    )
    assert "account:A1" not in driver.section("deadlines")["due"]
    driver.pipe(an_account(source_seq=3, maturity_on="2020-07-01"))
    assert driver.section("summary")["due_on"] == "2020-07-01"


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Europe/Prague", "2020-05-01T22:00:00Z"),
        ("America/New_York", "2020-05-02T04:00:00Z"),
        ("Asia/Kathmandu", "2020-05-01T18:15:00Z"),
    ],
)
def test_days_begin_in_the_banks_time_zone(zone: str, due: str) -> None:
    driver = Driver(some_rules(zone))
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    at = datetime.fromisoformat(due)
    driver.advance(at - MOMENT)
    assert driver.alert_kinds() == []
    driver.advance(at)
    assert [alert["raised_at"] for alert in driver.published] == [due]


def test_a_day_that_begins_after_midnight_begins_when_it_begins() -> None:
    # Clocks in Santiago go from 24:00 to 01:00 that night.
    driver = Driver(some_rules("America/Santiago", maturity={"days_before": 0}))
    driver.pipe(a_drawdown(maturity_on="2020-09-06"))
    driver.advance(datetime(2020, 9, 6, 4, tzinfo=UTC) - MOMENT)
    assert driver.alert_kinds() == []
    driver.advance(datetime(2020, 9, 6, 4, tzinfo=UTC))
    assert [alert["raised_at"] for alert in driver.published] == ["2020-09-06T04:00:00Z"]


def test_several_fire_in_order_of_day_and_subject() -> None:
    driver = Driver()
    driver.pipe(
        a_drawdown(drawdown_id="D2", maturity_on=MATURITY),
        a_drawdown(drawdown_id="D1", maturity_on=MATURITY),
        a_drawdown(drawdown_id="D9", maturity_on="2020-05-31"),
    )
    driver.advance(DUE)
    assert [alert["payload"]["drawdown_id"] for alert in driver.published] == ["D9", "D1", "D2"]


def test_without_the_rule_deadlines_wait_for_it() -> None:
    driver = Driver(some_rules(maturity=None))
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    driver.advance(DUE)
    assert driver.alert_kinds() == []
    assert driver.section("summary")["due_on"] == MATURITY
    driver.rules = some_rules()
    driver.advance(DUE)
    assert driver.alert_kinds() == ["maturity"]


def test_a_changed_lead_needs_no_change_of_the_view() -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    driver.rules = some_rules(maturity={"days_before": 60, "version": 2})
    driver.advance(DUE - timedelta(days=30))
    (alert,) = driver.published
    assert (alert["payload"]["days_before"], alert["proof"]["rule_version"]) == (60, 2)


def test_days_at_the_end_of_the_calendar_are_days_too() -> None:
    driver = Driver(some_rules("Asia/Tokyo"))
    driver.pipe(a_drawdown(maturity_on="9999-12-31"), an_account(maturity_on="0001-01-01"))
    driver.advance(datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert [alert["payload"]["maturity_on"] for alert in driver.published] == ["9999-12-31"]


def test_of_several_numbers_of_days_each_is_told_once() -> None:
    driver = Driver(some_rules(maturity={"days_before": [7, 30, 1]}))
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    for days in (0, 1, 22, 23, 28, 29, 30, 40):
        driver.advance(DUE + timedelta(days=days))
        driver.pipe(a_drawdown(maturity_on=MATURITY, source_seq=days + 1))
    assert [(alert["payload"]["days_before"], alert["raised_at"][:10]) for alert in driver.published] == [
        (30, "2020-05-02"), (7, "2020-05-25"), (1, "2020-05-31"),
    ]  # fmt: skip
    assert len({alert["alert_id"] for alert in driver.published}) == 3
    assert driver.section("deadlines") == {"due": {}}


def test_of_a_maturity_known_late_only_the_nearest_number_of_days_is_told() -> None:
    driver = Driver(some_rules(maturity={"days_before": [30, 7, 1]}))
    driver.pipe(a_drawdown(maturity_on="2020-03-08"))
    driver.advance(NOON + timedelta(days=30))
    assert [alert["payload"]["days_before"] for alert in driver.published] == [7, 1]


def test_a_number_of_days_added_by_a_changed_rule_counts_for_what_is_still_ahead() -> None:
    driver = Driver(some_rules(maturity={"days_before": [30, 5]}))
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    driver.advance(DUE)
    driver.rules = some_rules(maturity={"days_before": [60, 30, 7]})
    driver.advance(DUE + timedelta(days=60))
    assert [alert["payload"]["days_before"] for alert in driver.published] == [30, 7]


def test_working_days_before_a_maturity_pass_over_the_weekend() -> None:
    driver = Driver(some_rules(maturity={"days_before": 1, "days": "working"}))
    driver.pipe(a_drawdown(maturity_on=MATURITY))
    driver.advance(datetime(2020, 5, 29, tzinfo=UTC) - MOMENT)
    assert driver.alert_kinds() == []
    driver.advance(datetime(2020, 5, 29, tzinfo=UTC))
    assert driver.alert_kinds() == ["maturity"]

"""The life of an alert after it was raised, told by what is published of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.step import FOLDED
from streams.view import Section
from tests.support.builders import (
    NOON,
    a_co_host,
    a_complaint,
    a_customer,
    a_dismissal,
    a_drawdown,
    a_host,
    a_resolution,
    a_settlement,
    a_snooze,
    an_acknowledgement,
    an_alert_resolution,
    an_entry,
    some_rules,
)
from tests.support.driver import Driver

LARGE = 200_000_00
DAY = timedelta(days=1)


def with_an_alert(**rules: Any) -> tuple[Driver, str]:
    """A known customer, and the reminder of his complaint."""
    driver = Driver(some_rules(large_entry=None, large_balance=None, **rules))
    driver.pipe_each(a_customer(home_branch="B7"), a_host("M1"), a_complaint())
    return driver, driver.published[-1]["alert_id"]


def last(driver: Driver) -> Section:
    return driver.published[-1]


def test_an_action_is_published_as_the_next_revision_and_stands_in_the_view() -> None:
    driver, alert_id = with_an_alert()
    driver.pipe(an_acknowledgement(alert_id, actor="M9", note="mine", occurred_at="2020-03-02T13:00:00Z"))
    alert = last(driver)
    assert (alert["revision"], alert["change"], alert["state"]) == (2, "acknowledged", "acknowledged")
    assert alert["life"] == {
        "seq": 0, "by": "M9", "at": "2020-03-02T13:00:00Z", "reason": "mine", "until": None, "escalated": 0,
    }  # fmt: skip
    assert driver.section(f"alert:{alert_id}") == alert


def test_an_action_told_again_or_older_than_another_changes_nothing() -> None:
    driver, alert_id = with_an_alert()
    dismissal = a_dismissal(alert_id, source_seq=5)
    outcomes = driver.pipe_each(dismissal, dismissal, an_acknowledgement(alert_id, source_seq=4))
    assert outcomes == [FOLDED] * 3
    assert driver.changes() == ["raised", "dismissed"]


def test_an_action_on_an_alert_that_is_closed_or_unknown_is_refused_in_words() -> None:
    driver, alert_id = with_an_alert()
    driver.pipe_each(a_dismissal(alert_id, occurred_at="2020-03-02T13:00:00Z"))
    closed, unknown = driver.pipe_each(
        an_alert_resolution(alert_id, source_seq=1), an_acknowledgement("00000000-0000-5000-8000-000000000000")
    )
    assert (closed.kind, unknown.kind) == ("refused", "refused")
    assert closed.error == (
        f"alert_id: alert {alert_id} was dismissed at 2020-03-02T13:00:00Z, and only an open one can be acted on"
    )
    assert "customer C1 has no alert 00000000-0000-5000-8000-000000000000" in (unknown.error or "")


def test_a_snoozed_alert_comes_back_when_its_time_has_come() -> None:
    driver, alert_id = with_an_alert()
    driver.pipe(a_snooze(alert_id, NOON + DAY))
    driver.advance(NOON + DAY - timedelta(microseconds=1))
    assert driver.changes() == ["raised", "snoozed"]
    driver.advance(NOON + DAY)
    assert driver.changes() == ["raised", "snoozed", "woken"]
    assert (last(driver)["state"], last(driver)["life"]["at"]) == ("raised", "2020-03-03T12:00:00Z")
    assert not any(key.startswith("alert:") for key in driver.section("deadlines")["due"])


def test_who_acknowledges_a_snoozed_alert_is_not_woken() -> None:
    driver, alert_id = with_an_alert()
    driver.pipe_each(a_snooze(alert_id, NOON + DAY), an_acknowledgement(alert_id, source_seq=1))
    driver.advance(NOON + 3 * DAY)
    assert driver.changes() == ["raised", "snoozed", "acknowledged"]


def test_when_nobody_acts_a_co_host_is_told_and_then_the_head_of_the_branch() -> None:
    driver, _ = with_an_alert(complaint_reminder={"escalate_after": {"working_hours": 8}})
    driver.pipe_each(a_co_host("M2"), a_co_host("M3"))
    # Monday noon: five office hours of that day, three of the next; then eight more.
    driver.advance(datetime(2020, 3, 3, 12, tzinfo=UTC))
    assert [(alert["change"], alert["to"]) for alert in driver.published[1:]] == [("escalated", "M2")]
    driver.advance(datetime(2020, 3, 4, 12, tzinfo=UTC))
    assert (last(driver)["to"], last(driver)["life"]["escalated"]) == ("branch:B7", 2)
    driver.advance(NOON + 90 * DAY)
    assert driver.changes() == ["raised", "escalated", "escalated"]


def test_an_alert_somebody_takes_on_is_not_escalated_and_a_woken_one_begins_anew() -> None:
    driver, alert_id = with_an_alert(complaint_reminder={"escalate_after": {"days": 2}})
    driver.pipe(a_snooze(alert_id, NOON + 5 * DAY))
    driver.advance(NOON + 6 * DAY)
    assert driver.changes() == ["raised", "snoozed", "woken"]
    driver.advance(NOON + 7 * DAY)
    assert driver.changes()[-1] == "escalated"
    driver.pipe(an_acknowledgement(alert_id, source_seq=1))
    driver.advance(NOON + 90 * DAY)
    assert driver.changes()[-1] == "acknowledged"


def test_open_alerts_go_with_the_customer_to_his_new_host_and_closed_ones_stay() -> None:
    driver, alert_id = with_an_alert()
    driver.pipe_each(a_complaint(complaint_id="K2"), a_dismissal(alert_id))
    driver.pipe(a_host("M2", occurred_at="2020-03-03T12:00:00Z"))
    assert driver.changes() == ["raised", "raised", "dismissed", "handed_over"]
    assert (last(driver)["subject"], last(driver)["to"]) == ("complaint:K2", "M2")


def test_a_maturity_is_resolved_when_its_drawdown_is_settled() -> None:
    driver = Driver()
    driver.pipe(a_drawdown(maturity_on="2020-03-20"))
    driver.pipe(a_settlement())
    assert driver.changes() == ["raised", "resolved"]
    assert driver.section("summary")["totals"]["unaddressed"] == 0


def test_an_alert_expires_by_itself() -> None:
    driver, alert_id = with_an_alert(complaint_reminder={"expire_after": {"days": 10}})
    driver.pipe(an_acknowledgement(alert_id))
    driver.advance(NOON + 10 * DAY)
    assert driver.changes() == ["raised", "acknowledged", "expired"]


def test_a_closed_alert_leaves_the_view_and_an_open_one_stays() -> None:
    driver, alert_id = with_an_alert(closed_alert_days=30)
    driver.pipe_each(a_complaint(complaint_id="K2"), a_resolution(occurred_at="2020-03-05T12:00:00Z"))
    driver.advance(datetime(2020, 4, 4, 12, tzinfo=UTC))
    assert f"alert:{alert_id}" not in driver.view()
    assert driver.section("summary")["totals"]["alerts"] == 1
    assert not any(key.startswith("alert:") for key in driver.section("deadlines")["due"])


def test_what_could_have_raised_an_alert_that_left_the_view_is_late_instead() -> None:
    driver = Driver(some_rules(closed_alert_days=30))
    driver.now = NOON + 31 * DAY
    late, in_time = driver.pipe_each(
        an_entry(amount_minor=LARGE, balance_minor=0),
        an_entry(amount_minor=LARGE, balance_minor=0, source_seq=2, occurred_at=NOON + 2 * DAY),
    )
    assert late.kind == "late"
    assert "no alert raised" in (late.error or "")
    assert in_time == FOLDED
    assert driver.section("account:A1")["entries"] == 2
    assert driver.alert_kinds() == ["large_entry"]


def test_a_maturity_stated_again_before_its_day_is_known_though_its_alert_was_closed_long_ago() -> None:
    driver = Driver(some_rules(maturity={"days_before": 200}, closed_alert_days=5))
    driver.pipe(a_drawdown(maturity_on="2020-09-01"))
    driver.pipe(an_alert_resolution(last(driver)["alert_id"]))
    driver.advance(NOON + 100 * DAY)
    driver.pipe(a_drawdown(maturity_on="2020-09-01", source_seq=9, occurred_at=NOON + 100 * DAY))
    driver.advance(NOON + 150 * DAY)
    assert driver.changes() == ["raised", "resolved"]


@pytest.mark.parametrize("until", ["2020-03-02T12:00:00Z", "2020-03-01T12:00:00Z"])
def test_nobody_snoozes_until_a_time_that_has_been(until: str) -> None:
    with pytest.raises(ValueError, match="until: should be later than occurred_at"):
        a_snooze(until=until)

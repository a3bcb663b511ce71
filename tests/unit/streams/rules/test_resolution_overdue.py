from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import NOON, a_complaint, a_complaint_update, a_resolution, a_withdrawal, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {
    "id": "answered",
    "kind": "resolution_overdue",
    "severity": "urgent",
    "within_days": 30,
    "days": "calendar",
}
OVERDUE = datetime(2020, 4, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("end", [a_resolution(), a_withdrawal()])
def test_it_fires_once_when_the_last_day_is_over_and_is_resolved_with_the_complaint(end: Any) -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint(), a_complaint_update(progress="in_progress"))
    driver.advance(OVERDUE - MOMENT)
    assert driver.published == []
    driver.advance(OVERDUE)
    driver.advance(OVERDUE + timedelta(days=90))
    (alert,) = driver.published
    assert (alert["payload"]["status"], alert["payload"]["last_day_on"]) == ("in_progress", "2020-03-31")
    driver.pipe_each(end, end)
    assert driver.changes() == ["raised", "resolved"]


@pytest.mark.parametrize("end", [a_resolution(), a_withdrawal()])
def test_what_was_answered_in_time_is_not_overdue_in_whatever_order_it_is_told(end: Any) -> None:
    for events in ([a_complaint(), end], [end, a_complaint()]):
        driver = Driver(rules_of(RULE))
        driver.pipe_each(*events)
        driver.advance(OVERDUE)
        assert driver.published == []


def test_a_complaint_opened_again_is_not_overdue_until_it_is_received_anew() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint(), a_resolution(), a_complaint_update(progress="open", source_seq=3))
    driver.advance(OVERDUE)
    assert driver.published == []
    driver.pipe_each(a_complaint(received_on="2020-04-01", source_seq=4))
    driver.advance(datetime(2020, 5, 2, tzinfo=UTC))
    assert [alert["payload"]["complaint_on"] for alert in driver.published] == ["2020-04-01"]


def test_what_is_overdue_when_it_is_first_told_fires_at_once() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint(received_on="2019-03-01"))
    driver.advance(driver.now)
    (alert,) = driver.published
    assert (alert["raised_at"], alert["payload"]["last_day_on"]) == ("2020-03-02T12:00:00Z", "2019-03-31")


def test_without_the_rule_the_limit_waits_for_it() -> None:
    driver = Driver(rules_of({**RULE, "enabled": False}))
    driver.pipe_each(a_complaint())
    driver.advance(OVERDUE)
    driver.rules = rules_of(RULE)
    driver.advance(OVERDUE)
    assert driver.alert_kinds() == ["resolution_overdue"]


def test_a_complaint_stated_again_when_its_alert_has_left_the_view_is_late_and_not_told_again() -> None:
    driver = Driver(rules_of(RULE, closed_alert_days=10))
    driver.pipe_each(a_complaint())
    driver.advance(NOON + timedelta(days=40))
    assert driver.changes() == ["raised"]
    driver.pipe_each(a_resolution(source_seq=1, occurred_at=driver.now))
    driver.advance(driver.now + timedelta(days=11))
    (outcome,) = driver.pipe_each(a_complaint(source_seq=2, occurred_at=driver.now))
    driver.advance(driver.now + timedelta(days=400))
    assert outcome.kind == "late"
    assert driver.changes() == ["raised", "resolved"]
    assert driver.section("complaint:K1")["status"] == "open"

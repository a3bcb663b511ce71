from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import a_complaint, a_complaint_update, a_customer, a_resolution, a_withdrawal, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {
    "id": "taken-up",
    "kind": "acknowledgement_overdue",
    "severity": "warning",
    "within_days": 5,
}
# Received on Sunday 1 March: the fifth working day after it is Friday the 6th.
OVERDUE = datetime(2020, 3, 7, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def test_it_fires_once_when_the_last_working_day_is_over() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint())
    driver.advance(OVERDUE - MOMENT)
    assert driver.published == []
    driver.advance(OVERDUE)
    driver.pipe_each(a_complaint(), a_complaint(source_seq=1))
    driver.advance(OVERDUE + timedelta(days=90))
    assert driver.alert_kinds() == ["acknowledgement_overdue"]


@pytest.mark.parametrize(
    ("days", "within", "overdue"),
    [
        ("calendar", 5, datetime(2020, 3, 7, tzinfo=UTC)),
        ("calendar", 8, datetime(2020, 3, 10, tzinfo=UTC)),
        ("working", 1, datetime(2020, 3, 3, tzinfo=UTC)),
        ("working", 6, datetime(2020, 3, 10, tzinfo=UTC)),
    ],
)
def test_days_are_counted_through_or_without_weekends(days: str, within: int, overdue: datetime) -> None:
    driver = Driver(rules_of({**RULE, "days": days, "within_days": within}))
    driver.pipe_each(a_complaint())
    driver.advance(overdue - MOMENT)
    assert driver.published == []
    driver.advance(overdue)
    assert driver.alert_kinds() == ["acknowledgement_overdue"]


def test_the_alert_says_what_and_why() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_customer(), a_complaint())
    driver.advance(OVERDUE)
    (alert,) = driver.published
    assert (alert["subject"], alert["raised_at"]) == ("complaint:K1", "2020-03-07T00:00:00Z")
    assert alert["payload"] == {
        "complaint_id": "K1",
        "complaint_on": "2020-03-01",
        "last_day_on": "2020-03-06",
        "customer_name": "Jana Novotná",
        "product": "Credit card",
        "content": "Charged twice",
    }
    assert alert["proof"]["thresholds"] == {"within_days": 5, "days": "working"}
    assert alert["proof"]["causes"] == [{"topic": "complaint-events", "partition": 0, "offset": 1}]


ENDS = [
    pytest.param(a_complaint_update(progress="in_progress"), id="taken up"),
    pytest.param(a_complaint_update(progress="open"), id="said to be open still"),
    pytest.param(a_resolution(), id="resolved"),
    pytest.param(a_withdrawal(), id="withdrawn"),
]


@pytest.mark.parametrize("end", ENDS)
def test_what_was_taken_up_in_time_is_not_overdue_in_whatever_order_it_is_told(end: Any) -> None:
    for events in ([a_complaint(), end], [end, a_complaint()]):
        driver = Driver(rules_of(RULE))
        driver.pipe_each(*events)
        driver.advance(OVERDUE)
        assert driver.published == []
        assert "complaint:K1|acknowledgement" not in driver.view().get("deadlines", {"due": {}})["due"]


@pytest.mark.parametrize("end", ENDS)
def test_the_alert_is_resolved_when_somebody_takes_it_up(end: Any) -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint())
    driver.advance(OVERDUE)
    driver.pipe_each(a_complaint_update(content="Twice!", source_seq=1))
    assert driver.changes() == ["raised"]
    driver.pipe_each(end.model_copy(update={"source_seq": 2}), a_resolution(source_seq=3))
    assert driver.changes() == ["raised", "resolved"]


def test_a_correction_of_its_text_is_no_acknowledgement() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint(), a_complaint_update(content="Charged three times"))
    driver.advance(OVERDUE)
    assert [alert["payload"]["content"] for alert in driver.published] == ["Charged three times"]


def test_another_day_of_receipt_is_another_limit_and_all_told_of_it_ends_together() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint())
    driver.advance(OVERDUE)
    driver.pipe_each(a_complaint(received_on="2020-03-08", source_seq=1))
    driver.advance(datetime(2020, 3, 14, tzinfo=UTC))
    assert [alert["payload"]["complaint_on"] for alert in driver.published] == ["2020-03-01", "2020-03-08"]
    driver.pipe_each(a_resolution())
    assert driver.changes() == ["raised", "raised", "resolved", "resolved"]


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"product": ["Mortgage"]}}))
    driver.pipe_each(a_complaint())
    driver.advance(OVERDUE)
    assert driver.published == []

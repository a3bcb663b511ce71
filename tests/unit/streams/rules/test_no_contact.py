from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import a_contact, a_customer, an_interest, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "silent", "kind": "no_contact", "severity": "notice", "days": 180}
# The contact of the builders is of 2 March 2020, noon.
SILENT = datetime(2020, 8, 29, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def test_it_fires_once_when_the_last_contact_is_so_many_days_ago() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_contact())
    driver.advance(SILENT - MOMENT)
    assert driver.published == []
    driver.advance(SILENT)
    driver.pipe_each(a_contact())
    driver.advance(SILENT + timedelta(days=900))
    assert driver.alert_kinds() == ["no_contact"]


def test_the_alert_says_since_when() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_customer(), a_contact())
    driver.advance(SILENT)
    (alert,) = driver.published
    assert (alert["subject"], alert["raised_at"]) == ("interactions", "2020-08-29T12:00:00Z")
    assert alert["payload"] == {"last_contact_at": "2020-03-02T12:00:00Z", "days": 180}
    assert alert["proof"]["causes"] == [{"topic": "interaction-events", "partition": 0, "offset": 1}]


def test_the_next_contact_resolves_it_and_counts_anew() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_contact())
    driver.advance(SILENT)
    driver.pipe_each(a_contact(occurred_at="2020-09-01T12:00:00Z", source_seq=1))
    assert driver.changes() == ["raised", "resolved"]
    driver.advance(datetime(2021, 2, 28, 12, tzinfo=UTC))
    assert driver.changes() == ["raised", "resolved", "raised"]


@pytest.mark.parametrize(
    ("later", "fires"),
    [
        (a_contact(occurred_at="2020-08-01T12:00:00Z", source_seq=1), False),
        (a_contact(occurred_at="2020-08-01T12:00:00Z", source_seq=1, outcome="not_reached"), True),
        (an_interest(occurred_at="2020-08-01T12:00:00Z"), True),
        (a_contact(occurred_at="2020-01-01T12:00:00Z", source_seq=1), True),
    ],
    ids=["a contact in between", "an attempt", "interest", "an older contact told late"],
)
def test_only_a_newer_contact_that_reached_him_breaks_the_silence(later: Any, fires: bool) -> None:
    for events in ([a_contact(), later], [later, a_contact()]):
        driver = Driver(rules_of(RULE))
        driver.pipe_each(*events)
        driver.advance(SILENT)
        assert driver.alert_kinds() == ["no_contact"] * fires


def test_of_whom_no_contact_is_known_nothing_is_told() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_customer(), a_contact(outcome="not_reached"))
    driver.advance(SILENT)
    assert driver.published == []


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"customer_kind": ["corporate"]}}))
    driver.pipe_each(a_customer(), a_contact())
    driver.advance(SILENT)
    assert driver.published == []

"""Until when complaints are in time: as the rules will judge them, told before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from streams.rules import Rules
from streams.rules.limits import limits_of
from streams.view import View
from tests.support.builders import a_complaint, a_complaint_update, a_customer, a_resolution, a_withdrawal, rules_of
from tests.support.driver import Driver

TAKEN_UP: dict[str, Any] = {
    "id": "taken-up",
    "kind": "acknowledgement_overdue",
    "severity": "warning",
    "within_days": 5,
}
ANSWERED: dict[str, Any] = {
    "id": "answered",
    "kind": "resolution_overdue",
    "severity": "urgent",
    "within_days": 30,
    "days": "calendar",
}


def limits(rules: Rules, *events: Any) -> dict[str, str]:
    """Of complaint K1 after these events."""
    driver = Driver(rules)
    driver.pipe_each(*events)
    return limits_of(rules, View("C1", {}, driver.view()), driver.section("complaint:K1"))


def test_a_complaint_is_to_be_taken_up_in_working_days_and_answered_in_days_of_the_calendar() -> None:
    # Received on Sunday 1 March: the fifth working day after it is Friday the 6th.
    found = limits(rules_of(TAKEN_UP, ANSWERED), a_customer(), a_complaint())
    assert found == {"acknowledgement": "2020-03-06", "resolution": "2020-03-31"}


def test_the_last_day_is_the_one_that_the_alert_names_when_it_is_over() -> None:
    driver = Driver(rules_of(TAKEN_UP))
    driver.pipe_each(a_customer(), a_complaint())
    driver.advance(datetime(2020, 4, 1, tzinfo=UTC))
    (alert,) = driver.published
    assert limits(rules_of(TAKEN_UP), a_customer(), a_complaint())["acknowledgement"] == alert["payload"]["last_day_on"]


def test_what_is_not_owed_any_more_has_no_limit() -> None:
    rules = rules_of(TAKEN_UP, ANSWERED)
    assert limits(rules, a_complaint(), a_complaint_update(progress="in_progress")) == {"resolution": "2020-03-31"}
    assert limits(rules, a_complaint(), a_resolution()) == limits(rules, a_complaint(), a_withdrawal()) == {}


def test_rules_that_are_not_in_force_set_no_limit() -> None:
    assert limits(rules_of(TAKEN_UP | {"enabled": False}), a_complaint()) == {}


@pytest.mark.parametrize(("tier", "last"), [("top", "2020-03-02"), ("small", "2020-03-06")])
def test_the_strictest_rule_counts_of_those_that_hold_for_the_customer(tier: str, last: str) -> None:
    sooner = {**TAKEN_UP, "id": "taken-up-of-the-best", "within_days": 1, "scope": {"tier": ["top"]}}
    assert limits(rules_of(TAKEN_UP, sooner), a_customer(tier=tier), a_complaint()) == {"acknowledgement": last}


def test_a_complaint_of_which_only_progress_is_known_has_no_limit_yet() -> None:
    assert limits(rules_of(TAKEN_UP, ANSWERED), a_complaint_update(progress="in_progress")) == {}

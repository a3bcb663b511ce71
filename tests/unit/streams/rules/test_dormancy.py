from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import a_closure, a_customer, an_account, an_entry, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "dormancy", "kind": "dormancy", "severity": "warning", "days": 90}
MOMENT = timedelta(microseconds=1)
# The account of the builders was opened on 2 January 2020, its entry booked on 2 March 2020.
SILENT = datetime(2020, 6, 1, tzinfo=UTC)


def dormancy(*rules: dict[str, Any]) -> Driver:
    return Driver(rules_of(*(rules or (RULE,))))


def booked(on: str, seq: int, account: str = "A1") -> Any:
    return an_entry(booked_on=on, occurred_at=f"{on}T12:00:00Z", source_seq=seq, account_id=account)


def test_it_fires_once_when_the_newest_entry_is_so_many_days_ago() -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_entry())
    driver.advance(SILENT - MOMENT)
    assert driver.published == []
    driver.advance(SILENT)
    driver.pipe_each(an_entry())
    driver.advance(SILENT + timedelta(days=900))
    assert driver.alert_kinds() == ["dormancy"]


def test_the_alert_says_since_when() -> None:
    driver = dormancy()
    driver.pipe_each(a_customer(), an_account(), an_account(account_id="A2"), an_entry())
    driver.advance(SILENT)
    (alert,) = driver.published
    assert (alert["subject"], alert["raised_at"]) == ("profile", "2020-06-01T00:00:00Z")
    assert alert["payload"] == {"silent_since": "2020-03-02", "days": 90, "accounts": 2}
    assert alert["proof"]["thresholds"] == {"days": 90}


def test_an_account_without_entries_counts_from_its_opening() -> None:
    driver = dormancy()
    driver.pipe_each(an_account(opened_on="2020-03-01"))
    driver.advance(datetime(2020, 5, 31, tzinfo=UTC))
    (alert,) = driver.published
    assert alert["payload"]["silent_since"] == "2020-03-01"


@pytest.mark.parametrize("account", ["A1", "A2"])
def test_an_entry_on_any_account_breaks_the_silence(account: str) -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_account(account_id="A2"), an_entry())
    driver.pipe_each(booked("2020-05-31", 2, account))
    driver.advance(datetime(2020, 8, 30, tzinfo=UTC) - MOMENT)
    assert driver.published == []
    driver.advance(datetime(2020, 8, 30, tzinfo=UTC))
    assert driver.alert_kinds() == ["dormancy"]


@pytest.mark.parametrize("account", ["A1", "A2"])
def test_an_entry_wakes_him_resolves_the_alert_and_counts_anew(account: str) -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_account(account_id="A2"), an_entry())
    driver.advance(SILENT)
    driver.pipe_each(booked("2020-07-01", 2, account))
    assert driver.changes() == ["raised", "resolved"]
    driver.advance(datetime(2020, 9, 30, tzinfo=UTC) - MOMENT)
    assert driver.changes() == ["raised", "resolved"]
    driver.advance(datetime(2020, 9, 30, tzinfo=UTC))
    assert driver.changes() == ["raised", "resolved", "raised"]
    driver.pipe_each(booked("2020-10-01", 3, "A1"), booked("2020-10-02", 3, "A2"))
    assert driver.changes() == ["raised", "resolved", "raised", "resolved"]


def test_a_new_account_wakes_him_too() -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_entry())
    driver.advance(SILENT)
    driver.pipe_each(an_account(account_id="A2", opened_on="2020-06-10", occurred_at="2020-06-10T12:00:00Z"))
    assert driver.changes() == ["raised", "resolved"]
    driver.advance(datetime(2020, 9, 9, tzinfo=UTC))
    assert driver.changes() == ["raised", "resolved", "raised"]


def test_an_old_entry_or_account_that_is_told_late_does_not_wake_him() -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_entry(source_seq=5))
    driver.advance(SILENT)
    driver.pipe_each(booked("2020-02-01", 4), an_account(account_id="A2", opened_on="2020-02-01"))
    driver.advance(SILENT + timedelta(days=400))
    assert driver.changes() == ["raised"]


def test_a_late_entry_of_the_silent_days_moves_the_silence() -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_entry())
    driver.advance(SILENT)
    driver.pipe_each(booked("2020-04-01", 2))
    assert driver.changes() == ["raised", "resolved"]
    driver.advance(datetime(2020, 7, 1, tzinfo=UTC))
    assert [alert["payload"]["silent_since"] for alert in driver.published] == [
        "2020-03-02",
        "2020-03-02",
        "2020-04-01",
    ]


def test_who_has_closed_all_accounts_is_not_told_of() -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_entry(), a_closure(source_seq=2))
    driver.advance(SILENT + timedelta(days=400))
    assert driver.published == []


def test_two_lengths_tell_each_and_the_same_entry_resolves_both() -> None:
    driver = dormancy(RULE, RULE | {"id": "long-dormancy", "days": 180})
    driver.pipe_each(an_account(), an_entry())
    driver.advance(datetime(2020, 8, 30, tzinfo=UTC))
    assert [alert["payload"]["days"] for alert in driver.published] == [90, 180]
    driver.pipe_each(booked("2020-09-01", 2))
    assert driver.changes() == ["raised", "raised", "resolved", "resolved"]


def test_a_rule_put_into_force_tells_nothing_of_who_is_silent_already_until_he_wakes() -> None:
    driver = Driver(rules_of())
    driver.pipe_each(an_account(), an_entry())
    driver.advance(SILENT + timedelta(days=1))
    driver.rules, driver.in_force = rules_of(RULE), {"dormancy": driver.now}
    driver.advance(SILENT + timedelta(days=100))
    assert driver.published == []
    driver.pipe_each(booked("2020-10-01", 2))
    driver.advance(datetime(2020, 12, 31, tzinfo=UTC))
    assert driver.changes() == ["raised"]


def test_a_longer_rule_put_into_force_tells_of_who_falls_due_by_it() -> None:
    driver = dormancy()
    driver.pipe_each(an_account(), an_entry())
    driver.advance(SILENT + timedelta(days=1))
    driver.rules, driver.in_force = rules_of(RULE, RULE | {"id": "long", "days": 180}), {"long": driver.now}
    driver.advance(SILENT + timedelta(days=100))
    assert [alert["payload"]["days"] for alert in driver.published] == [90, 180]


def test_an_entry_costs_it_nothing_while_he_is_not_silent() -> None:
    driver = dormancy()
    driver.pipe_each(an_account())
    driver.pipe_each(an_entry())
    assert driver.put == {"account:A1", "summary"}


def test_it_holds_for_its_scope_only() -> None:
    driver = dormancy(RULE | {"scope": {"customer_kind": ["corporate"]}})
    driver.pipe_each(a_customer(), an_account(), an_entry())
    driver.advance(SILENT)
    assert driver.published == []

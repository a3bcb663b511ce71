from typing import Any

import pytest

from schemas.alerts import COMPLAINTS_DESK
from tests.support.builders import (
    a_complaint,
    a_complaint_update,
    a_customer,
    a_host,
    a_relationship_end,
    a_resolution,
    a_withdrawal,
    an_amendment,
    some_rules,
)
from tests.support.driver import Driver


def test_the_host_manager_of_a_known_customer_is_told() -> None:
    driver = Driver()
    driver.pipe(a_customer(), a_host("M007"), a_complaint())
    (alert,) = driver.published
    assert (alert["kind"], alert["subject"], alert["to"]) == ("complaint_reminder", "complaint:K1", "M007")
    assert alert["payload"] == {
        "complaint_on": "2020-03-01",
        "content": "Charged twice",
        "customer_id": "C1",
        "customer_name": "Jana Novotná",
    }
    assert alert["proof"]["thresholds"] == {}


@pytest.mark.parametrize(
    ("told", "name"), [([], None), ([a_customer()], "Jana Novotná"), ([a_host()], None)], ids=["-", "name", "host"]
)
def test_of_a_customer_not_known_the_desk_is_told(told: list[object], name: str | None) -> None:
    driver = Driver()
    driver.pipe(*told, a_complaint())
    (alert,) = driver.published
    assert (alert["to"], alert["payload"]["customer_name"]) == (COMPLAINTS_DESK, name)


def test_once_the_customer_is_known_the_same_alert_is_addressed() -> None:
    driver = Driver()
    driver.pipe(a_complaint())
    driver.pipe(a_host("M007"))
    assert len(driver.published) == 1
    driver.pipe(an_amendment(name="Petr"))
    raised, addressed = driver.published
    assert addressed == {
        **raised,
        "revision": 2,
        "change": "addressed",
        "to": "M007",
        "payload": {**raised["payload"], "customer_name": "Petr"},
    }
    assert driver.section(f"alert:{raised['alert_id']}") == addressed


def test_addressed_once_it_goes_from_host_to_host() -> None:
    driver = Driver()
    driver.pipe_each(a_complaint(), a_customer(), a_host("M1"), a_host("M2", occurred_at="2020-04-01T00:00:00Z"))
    driver.pipe_each(a_relationship_end(relationship_id="host-M1"), a_relationship_end(relationship_id="host-M2"))
    driver.pipe_each(a_host("M3", source_seq=3), an_amendment(name="Other"))
    assert [(alert["to"], alert["change"]) for alert in driver.published] == [
        (COMPLAINTS_DESK, "raised"), ("M1", "addressed"), ("M2", "handed_over"), ("M3", "handed_over"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", [a_resolution(), a_withdrawal()])
def test_it_is_resolved_with_the_complaint(end: Any) -> None:
    driver = Driver()
    driver.pipe_each(a_complaint(), end, end)
    assert driver.changes() == ["raised", "resolved"]


def test_received_twice_reminds_once() -> None:
    driver = Driver()
    driver.pipe_each(a_complaint(), a_complaint(), a_complaint(source_seq=3, content="More"))
    assert driver.alert_kinds() == ["complaint_reminder"]


def test_received_after_its_update_reminds_of_what_was_received() -> None:
    driver = Driver()
    driver.pipe_each(a_complaint_update(content="More", source_seq=2), a_complaint(content="Charged twice"))
    assert [alert["payload"]["content"] for alert in driver.published] == ["Charged twice"]
    assert driver.section("complaint:K1")["content"] == "More"


def test_without_the_rule_nobody_is_told() -> None:
    driver = Driver(some_rules(complaint_reminder=None))
    driver.pipe(a_complaint())
    assert driver.published == []

from typing import Any

import pytest

from tests.support.builders import a_complaint, a_customer, a_resolution, an_amendment, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "vip", "kind": "vip_complaint", "severity": "urgent", "tiers": ["key", "top"]}


@pytest.mark.parametrize(
    ("stated", "fires"),
    [({}, False), ({"vip": False}, False), ({"vip": True}, True), ({"tier": "small"}, False), ({"tier": "top"}, True)],
)
def test_it_fires_for_a_vip_and_for_the_tiers_named(stated: dict[str, Any], fires: bool) -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_customer(**stated), a_complaint())
    assert driver.alert_kinds() == ["vip_complaint"] * fires


def test_the_alert_says_who_complains_of_what() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_customer(vip=True), a_complaint())
    (alert,) = driver.published
    assert alert["payload"] == {
        "complaint_id": "K1",
        "complaint_on": "2020-03-01",
        "product": "Credit card",
        "content": "Charged twice",
        "customer_name": "Jana Novotná",
        "tier": None,
        "vip": True,
    }
    assert alert["proof"]["thresholds"] == {"tiers": ["key", "top"]}


def test_each_complaint_fires_once_however_often_it_is_told() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_customer(vip=True), a_complaint(), a_complaint(), a_complaint(source_seq=1))
    driver.pipe_each(a_resolution(), a_complaint(source_seq=3), a_complaint(complaint_id="K2"))
    told = [alert["subject"] for alert in driver.published if alert["change"] == "raised"]
    assert told == ["complaint:K1", "complaint:K2"]


def test_a_complaint_of_before_he_was_a_vip_does_not_fire() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(a_complaint(), an_amendment(vip=True), a_complaint(source_seq=1))
    assert driver.published == []

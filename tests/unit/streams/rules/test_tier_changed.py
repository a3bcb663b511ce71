from typing import Any

import pytest

from tests.support.builders import a_customer, an_amendment, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "tier", "kind": "tier_changed", "severity": "notice"}


def tiers(driver: Driver, *stated: str | None) -> None:
    for seq, tier in enumerate(stated, 1):
        driver.pipe(an_amendment(tier=tier, source_seq=seq))


@pytest.mark.parametrize(
    ("direction", "stated", "told"),
    [
        ("both", ["small"], []),
        ("both", ["small", "small", None], []),
        ("both", ["small", "medium", "small"], ["up", "down"]),
        ("up", ["small", "top", "key"], ["up"]),
        ("down", ["small", "top", "key"], ["down"]),
        ("both", ["key", None, "potential"], ["up"]),
    ],
)
def test_it_fires_for_each_change_in_its_direction(direction: str, stated: list[Any], told: list[str]) -> None:
    driver = Driver(rules_of({**RULE, "direction": direction}))
    tiers(driver, *stated)
    assert [alert["payload"]["direction"] for alert in driver.published] == told


def test_the_alert_says_from_what_to_what() -> None:
    driver = Driver(rules_of(RULE))
    tiers(driver, "medium", "top")
    (alert,) = driver.published
    assert alert["subject"] == "profile"
    assert alert["payload"] == {"tier_before": "medium", "tier": "top", "direction": "up"}
    assert (alert["proof"]["before"], alert["proof"]["after"]) == ({"tier": "medium"}, {"tier": "top"})


def test_a_duplicate_and_an_older_tier_change_nothing() -> None:
    driver = Driver(rules_of(RULE))
    newest = an_amendment(tier="top", source_seq=5)
    driver.pipe_each(newest, newest, an_amendment(tier="small", source_seq=4), a_customer(tier="key"))
    assert driver.published == []


def test_it_fires_only_where_its_scope_holds() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"tier": ["top"]}}))
    tiers(driver, "small", "key", "top")
    assert [alert["payload"]["tier"] for alert in driver.published] == ["top"]

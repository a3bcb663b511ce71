from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOON, a_co_host, a_host, a_relationship_end, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "host", "kind": "host_changed", "severity": "notice"}


def host(party: str, day: int, seq: int = 0) -> Any:
    return a_host(party, source_seq=seq, occurred_at=NOON + timedelta(days=day))


def leaves(party: str, seq: int = 1) -> Any:
    return a_relationship_end(relationship_id=f"host-{party}", source_seq=seq)


@pytest.mark.parametrize(
    ("told", "hosts"),
    [
        ([host("M1", 0)], []),
        ([host("M1", 0), a_co_host("M2")], []),
        ([host("M1", 0), host("M2", 1)], [("M1", "M2")]),
        ([host("M1", 0), leaves("M1"), host("M2", 1)], [("M1", "M2")]),
        ([host("M1", 0), leaves("M1"), host("M1", 1, seq=2)], []),
        ([host("M1", 0), host("M2", 1), leaves("M2")], [("M1", "M2"), ("M2", "M1")]),
        ([host("M2", 1), host("M1", 0)], []),
        ([host("M1", 0), host("M2", 1), host("M2", 1), host("M1", 0)], [("M1", "M2")]),
    ],
)
def test_it_fires_for_each_hand_over_also_after_a_time_with_no_host(
    told: list[Any], hosts: list[tuple[str, str]]
) -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(*told)
    payloads = [alert["payload"] for alert in driver.published if alert["change"] == "raised"]
    assert [(payload["host_before"], payload["host"]) for payload in payloads] == hosts


def test_the_alert_goes_to_the_new_host() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(host("M1", 0), host("M2", 1))
    (alert,) = driver.published
    assert (alert["to"], alert["subject"]) == ("M2", "profile")
    assert (alert["proof"]["before"], alert["proof"]["after"]) == ({"host_manager": "M1"}, {"host_manager": "M2"})


def test_who_left_is_remembered_only_while_there_is_no_host() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(host("M1", 0), leaves("M1"))
    assert driver.section("profile")["rules"] == {"host": {"left": "M1"}}
    driver.pipe(host("M2", 1))
    assert "rules" not in driver.section("profile")


def test_it_fires_only_where_its_scope_holds() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"customer_kind": ["corporate"]}}))
    driver.pipe_each(host("M1", 0), leaves("M1"), host("M2", 1))
    assert (driver.published, "rules" in driver.section("profile")) == ([], False)

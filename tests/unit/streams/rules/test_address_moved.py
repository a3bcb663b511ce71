from typing import Any

import pytest

from tests.support.builders import an_amendment, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "moved", "kind": "address_moved", "severity": "notice"}


def addresses(driver: Driver, *stated: str | None) -> None:
    for seq, address in enumerate(stated, 1):
        driver.pipe(an_amendment(address=address, source_seq=seq))


@pytest.mark.parametrize(
    ("stated", "alerts"),
    [
        (["Brno 1"], 0),
        (["Brno 1", None, "Brno 1"], 0),
        (["Brno 1", "  BRNO   1 "], 0),
        (["Brno 1", "Brno 2"], 1),
        (["Brno 1", "Brno 2", "Brno 1"], 2),
    ],
)
def test_it_fires_for_each_move(stated: list[str | None], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    addresses(driver, *stated)
    assert driver.alert_kinds() == ["address_moved"] * alerts


def test_the_alert_says_from_where_to_where_and_its_proof_does_not_repeat_it() -> None:
    driver = Driver(rules_of(RULE))
    addresses(driver, "Brno 1", "Praha 7")
    (alert,) = driver.published
    assert alert["payload"] == {"address_before": "Brno 1", "address": "Praha 7"}
    assert (alert["proof"]["before"], alert["proof"]["after"]) == (None, None)


def test_a_duplicate_and_an_older_address_change_nothing() -> None:
    driver = Driver(rules_of(RULE))
    newest = an_amendment(address="Praha 7", source_seq=5)
    driver.pipe_each(newest, newest, an_amendment(address="Brno 1", source_seq=4))
    assert driver.published == []


def test_it_fires_only_where_its_scope_holds() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"branch": ["B7"]}}))
    addresses(driver, "Brno 1", "Praha 7")
    assert driver.published == []

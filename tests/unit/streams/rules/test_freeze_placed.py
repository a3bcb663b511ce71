import pytest

from tests.support.builders import a_freeze, an_entry, an_unfreeze, rules_of
from tests.support.driver import Driver

RULE = {"id": "freeze", "kind": "freeze_placed", "severity": "urgent"}


@pytest.mark.parametrize(("threshold", "alerts"), [(None, 1), ("500.00", 1), ("500.01", 0)])
def test_it_fires_for_any_freeze_or_from_a_threshold_on(threshold: str | None, alerts: int) -> None:
    driver = Driver(rules_of({**RULE, "threshold": threshold}))
    driver.pipe(a_freeze(amount_minor=500_00))
    assert driver.alert_kinds() == ["freeze_placed"] * alerts


def test_it_fires_once_while_the_freeze_stands_and_again_after_it_was_lifted() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_freeze(), a_freeze())
    driver.pipe(a_freeze(source_seq=2, amount_minor=700_00))
    assert len(driver.alert_kinds()) == 1
    driver.pipe(an_unfreeze(source_seq=3))
    assert "rules" not in driver.section("account:A1")
    driver.pipe(a_freeze(source_seq=4))
    assert len(driver.alert_kinds()) == 2


def test_freezes_side_by_side_fire_each() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_freeze(), a_freeze(freeze_id="F2", source_seq=2))
    assert [alert["payload"]["frozen_minor"] for alert in driver.published] == [500_00, 1_000_00]


def test_the_alert_says_what_and_why() -> None:
    driver = Driver(rules_of({**RULE, "threshold": "1.00"}))
    driver.pipe(a_freeze(reason="Court order 12 C 3/2020"))
    (alert,) = driver.published
    assert alert["subject"] == "account:A1"
    assert alert["payload"] == {
        "account_id": "A1",
        "freeze_id": "F1",
        "currency": "CZK",
        "amount_minor": 500_00,
        "frozen_minor": 500_00,
        "reason": "Court order 12 C 3/2020",
    }
    assert alert["proof"]["thresholds"] == {"threshold_minor": 1_00}
    assert (alert["proof"]["before"], alert["proof"]["after"]) == ({"frozen_minor": 0}, {"frozen_minor": 500_00})


def test_a_freeze_told_after_it_was_lifted_is_no_news() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(an_unfreeze(source_seq=2))
    driver.pipe(a_freeze(source_seq=1))
    assert driver.published == []


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe(a_freeze())
    assert driver.published == []


def test_a_freeze_of_any_name_says_nothing_of_the_account_s_level() -> None:
    large = {"id": "large", "kind": "large_balance", "severity": "notice", "threshold": "100000.00"}
    driver = Driver(rules_of(RULE, large))
    driver.pipe(a_freeze(freeze_id="disarmed_by"), an_entry(balance_minor=200_000_00, source_seq=2))
    assert not driver.section("account:A1")["armed"]
    driver.pipe(an_entry(balance_minor=1_000_00, source_seq=3))
    assert driver.section("account:A1")["armed"]

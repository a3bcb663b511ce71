from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOON, an_account, an_interest, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {
    "id": "interest",
    "kind": "repeated_interest",
    "severity": "notice",
    "count": 2,
    "days": 10,
}


def interest(seq: int, day: int, product: str = "mortgage") -> Any:
    return an_interest(source_seq=seq, product=product, occurred_at=NOON + timedelta(days=day))


def shown(driver: Driver, *days: int) -> None:
    for day in days:
        driver.pipe(interest(len(driver.delivered), day))


@pytest.mark.parametrize(
    ("days", "alerts"),
    [
        ([0], 0),
        ([0, 10], 0),
        ([0, 9], 1),
        ([0, 1, 2, 10], 1),
        ([0, 1, 2, 11], 2),
        ([0, 1, 20, 21], 2),
    ],
)
def test_it_fires_once_in_so_many_days(days: list[int], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    shown(driver, *days)
    assert driver.alert_kinds() == ["repeated_interest"] * alerts


def test_the_alert_says_in_what_and_how_often() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(interest(0, 0), interest(1, 1, "cards"), interest(2, 2))
    (alert,) = driver.published
    assert alert["subject"] == "interactions"
    assert alert["payload"] == {
        "product": "mortgage",
        "count": 2,
        "days": 10,
        "first_at": "2020-03-02T12:00:00Z",
        "last_at": "2020-03-04T12:00:00Z",
    }
    assert alert["proof"]["thresholds"] == {"count": 2, "days": 10}


def test_duplicates_do_not_count_and_order_does_not_matter_inside_the_window() -> None:
    driver = Driver(rules_of({**RULE, "count": 3}))
    driver.pipe_each(interest(3, 3), interest(3, 3), interest(1, 1), interest(2, 2))
    assert driver.alert_kinds() == ["repeated_interest"]


def test_an_interest_older_than_the_window_fires_nothing() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(interest(2, 20), interest(1, 1), interest(0, 0))
    assert driver.published == []


@pytest.mark.parametrize(("unless_held", "fires"), [(True, False), (False, True)])
def test_not_for_a_product_that_is_held(unless_held: bool, fires: bool) -> None:
    driver = Driver(rules_of({**RULE, "unless_held": unless_held}))
    driver.pipe(an_account(product="mortgage"))
    shown(driver, 0, 1)
    assert bool(driver.published) is fires


def test_products_choose_and_what_is_told_is_bounded() -> None:
    driver = Driver(rules_of({**RULE, "products": [f"p{number}" for number in range(40)]}))
    for number in range(50):
        driver.pipe(interest(2 * number, 0, f"p{number}"), interest(2 * number + 1, 0, f"p{number}"))
    assert len(driver.published) == 40
    assert len(driver.section("interactions")["rules"]["interest"]) == 32

from typing import Any

import pytest

from tests.support.builders import a_complaint, a_withdrawal, an_amendment, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "repeat", "kind": "repeat_complaint", "severity": "warning", "days": 30}


def complaint(number: int, on: str = "2020-03-01", **stated: Any) -> Any:
    return a_complaint(complaint_id=f"K{number}", received_on=on, **stated)


@pytest.mark.parametrize(
    ("other", "fires"),
    [
        ({"on": "2020-03-31"}, True),
        ({"on": "2020-04-01"}, False),
        ({"on": "2020-01-31"}, True),
        ({"on": "2020-01-30"}, False),
        ({"product": "Mortgage"}, False),
        ({"issue": "Late fee"}, True),
    ],
)
def test_it_fires_for_the_second_of_a_category_in_the_window_whichever_comes_first(
    other: dict[str, Any], fires: bool
) -> None:
    for told in ([complaint(1), complaint(2, **other)], [complaint(2, **other), complaint(1)]):
        driver = Driver(rules_of(RULE))
        driver.pipe_each(*told)
        assert driver.alert_kinds() == ["repeat_complaint"] * fires


def test_the_alert_says_what_is_complained_of_again() -> None:
    driver = Driver(rules_of({**RULE, "same": "issue"}))
    driver.pipe(complaint(1), complaint(2, on="2020-03-02", content="Again"))
    (alert,) = driver.published
    assert (alert["subject"], alert["raised_at"]) == ("complaint:K2", "2020-03-02T12:00:00Z")
    assert alert["payload"] == {
        "complaint_id": "K2",
        "complaint_on": "2020-03-02",
        "category": "Billing dispute",
        "count": 2,
        "days": 30,
        "content": "Again",
    }
    assert alert["proof"]["thresholds"] == {"same": "issue", "count": 2, "days": 30}
    assert (alert["proof"]["before"], alert["proof"]["after"]) == ({"count": 1}, {"count": 2})


def test_each_further_complaint_fires_once() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(complaint(1), complaint(1, source_seq=1), complaint(2), complaint(2), complaint(2, source_seq=5))
    assert [alert["subject"] for alert in driver.published] == ["complaint:K2"]
    driver.pipe(complaint(3))
    assert [alert["payload"]["count"] for alert in driver.published] == [2, 3]


def test_what_is_withdrawn_does_not_count() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(complaint(1), a_withdrawal(complaint_id="K1"), complaint(2))
    driver.pipe_each(a_withdrawal(complaint_id="K3"), complaint(3))
    assert driver.published == []


@pytest.mark.parametrize(("kind", "fires"), [("corporate", True), ("personal", False)])
def test_it_fires_only_where_its_scope_holds(kind: str, fires: bool) -> None:
    driver = Driver(rules_of({**RULE, "scope": {"customer_kind": ["corporate"]}}))
    driver.pipe_each(an_amendment(kind=kind), complaint(1), complaint(2))
    assert bool(driver.published) is fires

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import a_customer, an_amendment, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "birthday", "kind": "birthday", "severity": "notice", "days_before": 7}
MOMENT = timedelta(microseconds=1)


def birthdays(*rules: dict[str, Any], zone: str = "UTC") -> Driver:
    """Told in 2020, on 2 March at noon."""
    return Driver(rules_of(*(rules or (RULE,)), bank_timezone=zone))


def days_told(driver: Driver) -> list[str]:
    return [alert["payload"]["on"] for alert in driver.published if alert["change"] == "raised"]


def test_it_fires_so_many_days_before_the_birthday_and_again_each_year() -> None:
    driver = birthdays()
    driver.pipe_each(a_customer(born_on="1980-06-15"))
    driver.advance(datetime(2020, 6, 8, tzinfo=UTC) - MOMENT)
    assert driver.published == []
    driver.advance(datetime(2020, 6, 8, tzinfo=UTC))
    assert days_told(driver) == ["2020-06-15"]
    driver.advance(datetime(2021, 6, 8, tzinfo=UTC) - MOMENT)
    assert days_told(driver) == ["2020-06-15"]
    driver.advance(datetime(2023, 1, 1, tzinfo=UTC))
    assert days_told(driver) == ["2020-06-15", "2021-06-15", "2022-06-15"]


def test_the_alert_says_whose_birthday_it_is_and_which() -> None:
    driver = birthdays()
    driver.pipe_each(a_customer(born_on="1980-06-15"))
    driver.advance(datetime(2020, 6, 8, tzinfo=UTC))
    (alert,) = driver.published
    assert (alert["subject"], alert["raised_at"], alert["due_on"]) == ("profile", "2020-06-08T00:00:00Z", "2020-06-15")
    assert alert["payload"] == {
        "on": "2020-06-15",
        "days_before": 7,
        "occasion": "birthday",
        "name": "Jana Novotná",
        "born_on": "1980-06-15",
        "years": 40,
    }


def test_of_an_organisation_it_is_the_anniversary_of_its_founding() -> None:
    driver = birthdays()
    driver.pipe_each(a_customer(born_on="1919-06-15", kind="corporate"))
    driver.advance(datetime(2020, 6, 8, tzinfo=UTC))
    (alert,) = driver.published
    assert (alert["payload"]["occasion"], alert["payload"]["years"]) == ("founding", 101)


@pytest.mark.parametrize(
    ("born_on", "told"),
    [
        ("1980-02-29", ["2021-02-28", "2022-02-28", "2023-02-28", "2024-02-29", "2025-02-28"]),
        ("1980-03-02", ["2020-03-02", "2021-03-02", "2022-03-02", "2023-03-02", "2024-03-02", "2025-03-02"]),
        ("1980-03-01", ["2021-03-01", "2022-03-01", "2023-03-01", "2024-03-01", "2025-03-01"]),
        ("2020-03-02", ["2021-03-02", "2022-03-02", "2023-03-02", "2024-03-02", "2025-03-02"]),
        ("2023-05-05", ["2024-05-05"]),
    ],
    ids=["29 February", "today", "yesterday", "born today", "not born yet"],
)
def test_the_day_is_found_in_every_year(born_on: str, told: list[str]) -> None:
    driver = birthdays(RULE | {"days_before": 0})
    driver.pipe_each(a_customer(born_on=born_on))
    driver.advance(datetime(2025, 3, 3, tzinfo=UTC))
    assert days_told(driver) == told


def test_several_numbers_of_days_tell_each_once_a_year() -> None:
    driver = birthdays(RULE | {"days_before": [30, 7, 0]})
    driver.pipe_each(a_customer(born_on="1980-06-15"))
    driver.advance(datetime(2021, 5, 20, tzinfo=UTC))
    assert [(alert["payload"]["on"], alert["payload"]["days_before"]) for alert in driver.published] == [
        ("2020-06-15", 30),
        ("2020-06-15", 7),
        ("2020-06-15", 0),
        ("2021-06-15", 30),
    ]


def test_the_day_is_the_banks_not_that_of_utc() -> None:
    driver = birthdays(RULE | {"days_before": 0}, zone="Pacific/Kiritimati")
    # Noon of 2 March is already the 3rd there.
    driver.pipe_each(a_customer(born_on="1980-03-02"))
    driver.advance(datetime(2021, 3, 1, 10, tzinfo=UTC) - MOMENT)
    assert driver.published == []
    driver.advance(datetime(2021, 3, 1, 10, tzinfo=UTC))
    assert days_told(driver) == ["2021-03-02"]


def test_a_rule_put_into_force_tells_nothing_of_the_years_before() -> None:
    driver = Driver(rules_of())
    driver.pipe_each(a_customer(born_on="1980-06-15"))
    driver.advance(datetime(2024, 6, 10, tzinfo=UTC))
    driver.rules, driver.in_force = rules_of(RULE), {"birthday": driver.now}
    driver.advance(driver.now)
    assert driver.published == []
    driver.advance(datetime(2026, 6, 8, tzinfo=UTC))
    assert days_told(driver) == ["2025-06-15", "2026-06-15"]


def test_nothing_is_told_of_before_raise_after() -> None:
    driver = Driver(rules_of(RULE, raise_after=datetime(2021, 6, 8, tzinfo=UTC)))
    driver.pipe_each(a_customer(born_on="1980-06-15"))
    driver.advance(datetime(2022, 1, 1, tzinfo=UTC))
    assert days_told(driver) == ["2021-06-15"]


def test_another_day_of_birth_counts_from_then_on_and_resolves_what_was_told_of_the_first() -> None:
    driver = birthdays()
    driver.pipe_each(a_customer(born_on="1980-03-05"))
    driver.pipe_each(an_amendment(born_on="1980-04-05", source_seq=1))
    assert driver.changes() == ["raised", "resolved"]
    driver.pipe_each(an_amendment(born_on="1980-03-05", source_seq=0))
    driver.advance(datetime(2021, 1, 1, tzinfo=UTC))
    assert days_told(driver) == ["2020-03-05", "2020-04-05"]


def test_the_same_day_stated_again_tells_nothing_again() -> None:
    driver = birthdays()
    driver.pipe_each(a_customer(born_on="1980-03-05"), an_amendment(born_on="1980-03-05", source_seq=1))
    driver.pipe_each(a_customer(born_on="1980-03-05"))
    driver.advance(datetime(2021, 2, 1, tzinfo=UTC))
    assert driver.changes() == ["raised"]


def test_of_whom_no_day_is_known_nothing_is_told() -> None:
    driver = birthdays()
    driver.pipe_each(a_customer())
    driver.advance(datetime(2022, 1, 1, tzinfo=UTC))
    assert driver.published == []


def test_a_day_of_birth_at_the_end_of_time_is_no_deadline() -> None:
    driver = birthdays()
    driver.pipe_each(a_customer(born_on="9999-12-31"))
    driver.advance(datetime(2022, 1, 1, tzinfo=UTC))
    assert driver.published == []


@pytest.mark.parametrize(("kind", "fires"), [("corporate", True), ("personal", False)])
def test_it_holds_for_its_scope_only(kind: str, fires: bool) -> None:
    driver = birthdays(RULE | {"scope": {"customer_kind": ["corporate"]}})
    driver.pipe_each(a_customer(born_on="1980-06-15", kind=kind))
    driver.advance(datetime(2020, 6, 15, tzinfo=UTC))
    assert driver.alert_kinds() == ["birthday"] * fires

from datetime import UTC, date, datetime, timedelta

import pytest

from streams.rules.calendar import BankCalendar
from tests.support.builders import some_rules

PRAGUE = BankCalendar("Europe/Prague")


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2020-03-01T22:59:59Z", date(2020, 3, 1)),
        ("2020-03-01T23:00:00Z", date(2020, 3, 2)),
        ("2020-07-01T21:59:59Z", date(2020, 7, 1)),
        ("2020-07-01T22:00:00Z", date(2020, 7, 2)),
        ("2020-07-01T20:00:00-02:00", date(2020, 7, 2)),
    ],
)
def test_an_instant_falls_on_the_banks_day(instant: str, day: date) -> None:
    assert PRAGUE.day_of(datetime.fromisoformat(instant)) == day


def test_a_day_of_changing_clocks_has_23_or_25_hours() -> None:
    for day, hours in ((date(2020, 3, 29), 23), (date(2020, 10, 25), 25), (date(2020, 5, 1), 24)):
        start, end = PRAGUE.span_of(day)
        assert end - start == timedelta(hours=hours)


def test_the_horizon_follows_the_clock_back_and_forth() -> None:
    rules = some_rules("Europe/Prague", maturity={"days_before": 1})
    before = datetime(2020, 3, 1, 22, 59, tzinfo=UTC)
    after = datetime(2020, 3, 1, 23, 0, tzinfo=UTC)
    assert [rules.horizon(at) for at in (before, after, after, before)] == [
        "2020-03-02",
        "2020-03-03",
        "2020-03-03",
        "2020-03-02",
    ]
    assert some_rules(maturity=None).horizon(before) is None

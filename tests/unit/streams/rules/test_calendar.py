from datetime import date, datetime, timedelta

import pytest

from streams.rules.calendar import BankCalendar

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

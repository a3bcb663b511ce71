"""The bank's calendar: on which day of the bank an instant falls, and on which days it works."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from streams.reference import Organisation, WorkingDays

__all__ = ["BankCalendar"]


_LONGEST_HOLIDAY: Final = 3_660
"""Days looked at for a working one: ten years of holidays are a mistake of the calendar."""


class BankCalendar:
    """Days that begin at 00:00 in the bank's time zone (an IANA name), and the bank's working days."""

    def __init__(self, timezone: str, working: WorkingDays | None = None) -> None:
        self._zone = ZoneInfo(timezone)
        self.working = working or Organisation().working_days()

    def __eq__(self, other: object) -> bool:
        """Whether both have the same days, and work on the same."""
        if not isinstance(other, BankCalendar):
            return NotImplemented
        return self._zone is other._zone and self.working == other.working

    def __hash__(self) -> int:
        return hash((self._zone, self.working))

    def day_of(self, instant: datetime) -> date:
        """The bank's day at `instant`."""
        try:
            return instant.astimezone(self._zone).date()
        except OverflowError:
            # The first and the last hours that a datetime can hold have no day in other zones.
            return instant.date()

    def start_of(self, day: date) -> datetime:
        """When the bank's `day` begins, UTC."""
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)

    def span_of(self, day: date) -> tuple[datetime, datetime]:
        """[start, end) of the bank's `day`, UTC."""
        return self.start_of(day), self.start_of(day + timedelta(days=1))

    def local(self, instant: datetime) -> datetime:
        """The same instant in the bank's time zone."""
        return instant.astimezone(self._zone)

    def at(self, day: date, clock: time) -> datetime:
        """The instant, UTC, at which the bank's clocks show `clock` on `day`."""
        return datetime.combine(day, clock, self._zone).astimezone(UTC)

    def working_day_from(self, day: date, days: int) -> date:
        """The `days`-th working day after `day`, before it when negative; 0 is `day` itself."""
        if days >= 0:
            return self.working.after(day, days) if days else day
        for _ in range(_LONGEST_HOLIDAY):
            if not days:
                break
            day -= timedelta(days=1)
            days += self.working.includes(day)
        return day

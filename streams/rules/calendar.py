"""The bank's calendar: on which day of the bank an instant falls."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["BankCalendar"]


class BankCalendar:
    """Days that begin at 00:00 in the bank's time zone (an IANA name)."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

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

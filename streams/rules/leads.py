"""Leads: how long before or after a raw day, or an instant, a rule looks at it."""

from datetime import date, datetime, time, timedelta
from typing import Final, Literal, NamedTuple

from streams.rules.calendar import BankCalendar

__all__ = ["Lead", "LeadUnit", "end_of", "fallen_at"]

LeadUnit = Literal["days", "working_days", "hours", "working_hours"]

# A working week of five days with eight hours each, as long as the days that hold it: only an order, never a duration.
_NOMINAL_HOURS: Final[dict[LeadUnit, float]] = {
    "hours": 1.0,
    "working_hours": 24 * 7 / 40,
    "days": 24.0,
    "working_days": 24 * 7 / 5,
}
_LETTERS: Final[dict[LeadUnit, str]] = {"hours": "h", "working_hours": "wh", "days": "d", "working_days": "wd"}

_UNITS: Final[dict[str, LeadUnit]] = {letters: unit for unit, letters in _LETTERS.items()}


class Lead(NamedTuple):
    """So many units after (positive) or before (negative); 0 is the day or the instant itself."""

    length: int
    unit: LeadUnit = "days"

    @property
    def token(self) -> str:
        """Its name in a deadline that was looked at with it: `-30d`, `+2wd`."""
        return f"{self.length:+}{_LETTERS[self.unit]}"

    @property
    def place(self) -> tuple[float, str]:
        """Where it stands among leads, from the earliest to the latest: the same for every raw day."""
        return self.length * _NOMINAL_HOURS[self.unit], self.unit

    @staticmethod
    def of(token: str) -> "Lead":
        """The lead of that name."""
        count = token.rstrip("hwd")
        return Lead(int(count), _UNITS[token[len(count) :]])


def fallen_at(raw: str, lead: Lead, calendar: BankCalendar) -> datetime:
    """When it is time: of a day's ISO text or an instant's.

    Before a day, and on it: when that day begins. After it: when the last day of the lead is over. Of an instant the
    time of day is kept; working hours are those of office days. Beyond what a datetime holds: its last instant.
    """
    try:
        if "T" in raw:
            return _after_instant(datetime.fromisoformat(raw), lead, calendar)
        return _of_day(date.fromisoformat(raw), lead, calendar)
    except OverflowError:
        return LAST if lead.length > 0 else FIRST


def end_of(on: str, calendar: BankCalendar) -> datetime:
    """When a day (ISO text) is over."""
    try:
        return calendar.start_of(date.fromisoformat(on) + timedelta(days=1))
    except OverflowError:
        return LAST


FIRST: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
LAST: Final = datetime.fromisoformat("9999-12-31T23:59:59.999999+00:00")


def _of_day(day: date, lead: Lead, calendar: BankCalendar) -> datetime:
    length, unit = lead
    if unit in ("hours", "working_hours"):
        return _after_instant(calendar.start_of(day), lead, calendar)
    moved = calendar.working_day_from(day, length) if unit == "working_days" else day + timedelta(days=length)
    return calendar.start_of(moved + timedelta(days=1) if length > 0 else moved)


def _after_instant(instant: datetime, lead: Lead, calendar: BankCalendar) -> datetime:
    length, unit = lead
    if unit == "hours":
        return instant + timedelta(hours=length)
    if unit == "days":
        return instant + timedelta(days=length)
    local = calendar.local(instant)
    if unit == "working_days":
        return calendar.at(calendar.working_day_from(local.date(), length), local.time())
    return _after_working_hours(local, length, calendar)


def _after_working_hours(local: datetime, count: int, calendar: BankCalendar) -> datetime:
    """The instant at which so many office hours have passed; a count of 0 or less is the instant itself."""
    if count <= 0:
        return calendar.at(local.date(), local.time())
    working, left = calendar.working, timedelta(hours=count)
    day, begins = local.date(), local.time()
    while True:
        if working.includes(day):
            opens = max(_since_midnight(begins), _since_midnight(working.opens))
            open_for = max(_since_midnight(working.closes) - opens, timedelta())
            if left <= open_for:
                return calendar.at(day, (_MIDNIGHT + opens + left).time())
            left -= open_for
        day, begins = day + timedelta(days=1), time()


_MIDNIGHT: Final = FIRST
"""Of any day: only its time is taken."""


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)

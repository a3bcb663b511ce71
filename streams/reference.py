"""The bank's organisation and its working days, as the heart asks for them; from the records of `reference-data`."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from pydantic import ValidationError

from schemas.reference import Branch, Calendar, Manager, Reference, reference_adapter

__all__ = ["DEFAULT_CALENDAR", "Organisation", "ReferenceBook", "ReferenceRefused", "WorkingDays"]

DEFAULT_CALENDAR: Final = "default"
_LONGEST_HOLIDAY: Final = 3_660
"""Days looked at for a working one: ten years of holidays are a mistake of the calendar."""


class ReferenceRefused(ValueError):
    """A record that does not come into force; one sentence says what is wrong with it."""


class WorkingDays:
    """The working days of a calendar."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._weekend = frozenset(calendar.weekend)
        self._yearly = frozenset(calendar.yearly)
        self._holidays = frozenset(calendar.holidays)
        self.opens = calendar.opens
        self.closes = calendar.closes

    def __eq__(self, other: object) -> bool:
        """Whether it is the same calendar, with the same contents."""
        return isinstance(other, WorkingDays) and self._calendar == other._calendar

    def __hash__(self) -> int:
        return hash(self._calendar)

    def includes(self, day: date) -> bool:
        """Whether the bank works on `day`."""
        if day.isoweekday() in self._weekend or day in self._holidays:
            return False
        return f"{day:%m-%d}" not in self._yearly

    def after(self, day: date, days: int) -> date:
        """The `days`-th working day after `day`; with 0 `day` itself, or the first working day after it."""
        left = days + (days == 0 and not self.includes(day))
        for _ in range(_LONGEST_HOLIDAY):
            if left == 0 or day == date.max:
                break
            day += timedelta(days=1)
            left -= self.includes(day)
        return day


class Organisation:
    """All reference data at one moment; a name that leads nowhere yet answers None, or the default calendar."""

    def __init__(self, entries: Mapping[str, Reference] | None = None) -> None:
        entries = entries or {}
        self._branches = {entry.id: entry for entry in entries.values() if isinstance(entry, Branch)}
        self._managers = {entry.id: entry for entry in entries.values() if isinstance(entry, Manager)}
        calendars = {entry.id: WorkingDays(entry) for entry in entries.values() if isinstance(entry, Calendar)}
        self._default = calendars.get(DEFAULT_CALENDAR) or WorkingDays(Calendar(id=DEFAULT_CALENDAR))
        self._calendars = calendars

    def branch_of(self, manager: str | None) -> str | None:
        """The branch a manager belongs to."""
        known = self._managers.get(manager or "")
        return None if known is None else known.branch

    def head_of(self, branch: str | None) -> str | None:
        """Who heads a branch, or the nearest one above it that has a head."""
        return next((above.head for above in self._upwards(branch) if above.head is not None), None)

    def working_days(self, branch: str | None = None) -> WorkingDays:
        """The calendar of a branch, or of the nearest one above it that has one, else the bank's."""
        named = (above.calendar for above in self._upwards(branch) if above.calendar is not None)
        return self._calendars.get(next(named, DEFAULT_CALENDAR), self._default)

    def _upwards(self, branch: str | None) -> list[Branch]:
        found: list[Branch] = []
        # Records come one by one: for a moment two branches may name each other as above.
        while (held := self._branches.get(branch or "")) is not None and held not in found:
            found.append(held)
            branch = held.parent
        return found


class ReferenceBook:
    """The newest valid record of each entry."""

    def __init__(self) -> None:
        self.entries: dict[str, Reference] = {}
        self._adapter = reference_adapter()

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """The next record; without a value it ends its entry. Raises ReferenceRefused: what stood still stands."""
        name = (key or b"").decode(errors="replace")
        if value is None:
            self.entries.pop(name, None)
            return
        try:
            entry = self._adapter.validate_json(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"][1:]) or "value"
            raise ReferenceRefused(f"{name}: {place}: {first['msg']}") from None
        if name != f"{entry.kind}/{entry.id}":
            raise ReferenceRefused(f"{name}: the record holds {entry.kind}/{entry.id}, so its key is wrong")
        self.entries[name] = entry

"""Pure rules: one alert kind per module; `Rules` is all of them in force, compiled."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from schemas.rules import RuleFile
from streams.change import Change
from streams.rules.calendar import BankCalendar
from streams.rules.catalogue import KINDS
from streams.rules.kind import Kind, Verdict
from streams.rules.maturity import Maturity

__all__ = ["Judge", "Rules"]

Judge = tuple[Kind[Any], Callable[[Change], Verdict | None]]
"""A rule, and its `judge`."""

_NEVER = (datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))


class Rules:
    """The rules in force, compiled: who watches what is looked up, so a rule costs nothing where it can't apply."""

    def __init__(self, rule_file: RuleFile, bank_timezone: str = "UTC", raise_after: datetime | None = None) -> None:
        """`bank_timezone` is an IANA name; an alert of an instant before `raise_after` is not raised."""
        self.rule_file = rule_file
        self.calendar = BankCalendar(bank_timezone)
        self.raise_after = raise_after
        kinds = [KINDS[type(rule)](rule, self.calendar) for rule in rule_file.rules if rule.enabled]
        self.maturity = next((kind for kind in kinds if isinstance(kind, Maturity)), None)
        self._judges = _by_event_type(kinds)
        self._asked_at: datetime | None = None
        self._today, self._horizon = _NEVER, ""

    def judges(self, event_type: type) -> Sequence[Judge]:
        """What has to be asked about a change by an event of this type, in the order of the rules."""
        return self._judges.get(event_type, ())

    def horizon(self, at: datetime) -> str | None:
        """The last raw day (ISO text) that has fallen due at `at`; None while nothing can fall due."""
        if self.maturity is None:
            return None
        # One instant is asked for all customers of a batch; and time hardly ever leaves the day it was in.
        if at is self._asked_at:
            return self._horizon
        self._asked_at = at
        start, end = self._today
        if not start <= at < end:
            day = self.calendar.day_of(at)
            self._today = self._span(day)
            self._horizon = self.maturity.horizon(day)
        return self._horizon

    def _span(self, day: date) -> tuple[datetime, datetime]:
        try:
            return self.calendar.span_of(day)
        except OverflowError:
            return _NEVER


def _by_event_type(kinds: Iterable[Kind[Any]]) -> dict[type, tuple[Judge, ...]]:
    table: dict[type, tuple[Judge, ...]] = {}
    for kind in kinds:
        for event_type in kind.watches:
            table[event_type] = (*table.get(event_type, ()), (kind, kind.judge))
    return table

"""Pure rules: one alert kind per module."""

from datetime import UTC, date, datetime

from schemas.rules import ComplaintReminderRule, LargeBalanceRule, LargeEntryRule, MaturityRule, RuleFile
from streams.rules.calendar import BankCalendar
from streams.rules.complaint_reminder import ComplaintReminder
from streams.rules.large_balance import LargeBalance
from streams.rules.large_entry import LargeEntry
from streams.rules.maturity import Maturity

__all__ = ["Rules"]

_NEVER = (datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))


class Rules:
    """The rules in force, compiled; a kind that is not in the file, or not enabled, is None."""

    def __init__(self, rule_file: RuleFile, bank_timezone: str = "UTC", raise_after: datetime | None = None) -> None:
        """`bank_timezone` is an IANA name; an alert of an instant before `raise_after` is not raised."""
        self.rule_file = rule_file
        self.calendar = BankCalendar(bank_timezone)
        self.raise_after = raise_after
        self.large_balance: LargeBalance | None = None
        self.large_entry: LargeEntry | None = None
        self.maturity: Maturity | None = None
        self.complaint_reminder: ComplaintReminder | None = None
        self._compile(rule_file)
        self._asked_at: datetime | None = None
        self._today, self._horizon = _NEVER, ""

    def _compile(self, rule_file: RuleFile) -> None:
        for rule in rule_file.rules:
            if not rule.enabled:
                continue
            match rule:
                case LargeBalanceRule():
                    self.large_balance = LargeBalance(rule)
                case LargeEntryRule():
                    self.large_entry = LargeEntry(rule)
                case MaturityRule():
                    self.maturity = Maturity(rule, self.calendar)
                case ComplaintReminderRule():
                    self.complaint_reminder = ComplaintReminder(rule)

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

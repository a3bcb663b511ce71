"""What rules on a complaint's limits share: one look when the last day is over, and an end when nothing is owed."""

from datetime import date, datetime, timedelta
from typing import ClassVar, Final, TypeVar

from schemas.complaint_rules import OverdueRule
from schemas.complaints import ComplaintResolved, ComplaintUpdated, ComplaintWithdrawn
from schemas.views import PROFILE
from streams.change import Change
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Due, Finding, Kind, Resolution, Verdict
from streams.rules.leads import Lead
from streams.view import Section

__all__ = ["Overdue", "last_day_before"]

OverdueT = TypeVar("OverdueT", bound=OverdueRule)
_MOMENT: Final = timedelta(microseconds=1)


def last_day_before(due_at: datetime, calendar: BankCalendar) -> date:
    """The day that is over at that instant."""
    return calendar.day_of(due_at - _MOMENT)


class Overdue(Kind[OverdueT]):
    """A subclass names the deadline, and when nothing is owed any more."""

    watches = (ComplaintUpdated, ComplaintResolved, ComplaintWithdrawn)
    tells: ClassVar[tuple[str, ...]] = ("product", "content")
    """What the payload tells of the complaint as it is then."""

    def __init__(self, rule: OverdueT, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self.leads = (Lead(rule.within_days, "working_days" if rule.days == "working" else "days"),)

    def is_over(self, complaint: Section) -> bool:
        """Whether nothing is owed."""
        raise NotImplementedError

    def judge(self, change: Change) -> Verdict | None:
        """What was told goes away, of whatever day of receipt, once nothing is owed."""
        if not self.is_over(change.after) or (change.before is not None and self.is_over(change.before)):
            return None
        return Verdict(resolves=(Resolution(change.section_name, None),))

    def fall_due(self, due: Due) -> Finding | None:
        """The complaint as it is now."""
        complaint = due.view.get(due.subject)
        assert complaint is not None
        if not self.covers(due.view, complaint):
            return None
        profile = due.view.get(PROFILE)
        return Finding(
            rule=self.rule,
            subject=due.subject,
            cause=self.cause_of(due.raw, due.lead),
            raised_at=due.raised_at,
            payload={
                "complaint_id": complaint["complaint_id"],
                "complaint_on": due.raw,
                "last_day_on": last_day_before(due.due_at, self.calendar).isoformat(),
                "customer_name": None if profile is None else profile["name"],
                **{name: complaint[name] for name in self.tells},
            },
            thresholds={"within_days": self.rule.within_days, "days": self.rule.days},
            position=due.position,
        )

"""Rule `no_contact`: a customer was not reached for so many days."""

from schemas.interactions import ContactMade
from schemas.relationship_rules import NoContactRule
from streams.change import Change
from streams.folds.falling_due import CONTACT
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Due, Finding, Kind, Resolution, Verdict
from streams.rules.leads import Lead

__all__ = ["NoContact"]


class NoContact(Kind[NoContactRule]):
    """Counts from the last contact that reached him: of whom none is known, nothing is told."""

    watches = (ContactMade,)
    deadline = CONTACT.name

    def __init__(self, rule: NoContactRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self.leads = (Lead(rule.days),)

    def judge(self, change: Change) -> Verdict | None:
        """A newer contact ends the silence since the one before."""
        last = None if change.before is None else change.before["last_contact_at"]
        if last is None or last == change.after["last_contact_at"]:
            return None
        return Verdict(resolves=(Resolution(change.section_name, self.cause_of(last, self.leads[0])),))

    def fall_due(self, due: Due) -> Finding | None:
        """Nobody has reached him since."""
        interactions = due.view.get(due.subject)
        assert interactions is not None
        if not self.covers(due.view, interactions):
            return None
        return Finding(
            rule=self.rule,
            subject=due.subject,
            cause=self.cause_of(due.raw, due.lead),
            raised_at=due.raised_at,
            payload={"last_contact_at": due.raw, "days": self.rule.days},
            thresholds={"days": self.rule.days},
            position=due.position,
        )

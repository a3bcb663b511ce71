"""What rules on a day ahead share: a look for each number of days before it, and what may be offered next."""

from typing import Any, TypeVar

from schemas.rules import AheadRule
from schemas.views import HOLDINGS
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Due, Finding, Kind, Resolution, Verdict
from streams.rules.leads import Lead, LeadUnit
from streams.view import View

__all__ = ["Ahead"]

AheadT = TypeVar("AheadT", bound=AheadRule)


class Ahead(Kind[AheadT]):
    """Its leads are the rule's numbers of days."""

    def __init__(self, rule: AheadT, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        days = rule.days_before if isinstance(rule.days_before, tuple) else (rule.days_before,)
        unit: LeadUnit = "working_days" if rule.days == "working" else "days"
        self.leads = tuple(Lead(-count, unit) for count in sorted(days, reverse=True))

    def over(self, subject: str, on: str | None) -> Verdict | None:
        """What was told of that day has gone away."""
        if on is None:
            return None
        return Verdict(resolves=tuple(Resolution(subject, self.cause_of(on, lead)) for lead in self.leads))

    def finding(self, due: Due, day_field: str, what: dict[str, Any]) -> Finding:
        """What is to be told of the deadline; `what` describes its subject, as it is now."""
        days_before = -due.lead.length
        return Finding(
            rule=self.rule,
            subject=due.subject,
            cause=self.cause_of(due.raw, due.lead),
            raised_at=due.raised_at,
            payload={day_field: due.raw, "days_before": days_before, **what, **self._offers(due.view)},
            thresholds={"days_before": days_before},
            position=due.position,
        )

    def _offers(self, view: View) -> dict[str, list[str]]:
        """What may be offered next; nothing that the customer holds already."""
        if not self.rule.offers:
            return {}
        held = (view.get(HOLDINGS) or {"products": {}})["products"]
        return {"offers": [offer.name for offer in self.rule.offers if offer.unless_holds not in held]}

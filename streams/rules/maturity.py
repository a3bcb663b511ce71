"""Rule `maturity`: a drawdown or a term deposit falls due in some days."""

from datetime import date, datetime, timedelta
from typing import Any

from schemas.rules import MaturityRule
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Finding, Kind

__all__ = ["Maturity"]


class Maturity(Kind[MaturityRule]):
    """The rule, in the bank's calendar."""

    def __init__(self, rule: MaturityRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._lead = timedelta(days=rule.days_before)

    def horizon(self, today: date) -> str:
        """The last raw day (ISO text) of which it is time to tell on `today`."""
        return (min(today, date.max - self._lead) + self._lead).isoformat()

    def finding(self, subject: str, deadline: dict[str, Any], what: dict[str, Any]) -> Finding:
        """What is to be told of `subject`; `what` describes it in the payload, as it is now."""
        on = date.fromisoformat(deadline["on"])
        due_at = self.calendar.start_of(on - self._lead)
        days_before = self.rule.days_before
        return Finding(
            rule=self.rule,
            subject=subject,
            cause=deadline["on"],
            raised_at=max(due_at, datetime.fromisoformat(deadline["stated_at"])),
            payload={"maturity_on": deadline["on"], "days_before": days_before, **what},
            thresholds={"days_before": days_before},
            position=deadline["cause"],
        )

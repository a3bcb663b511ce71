"""Rule `large_entry`: one entry moves at least the threshold, in, out or either way."""

from schemas.accounts import AccountEntryBooked
from schemas.rules import LargeEntryRule
from streams.change import Change
from streams.rules.amounts import in_all_currencies
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Concern, Finding, Kind, Verdict

__all__ = ["LargeEntry"]


class LargeEntry(Kind[LargeEntryRule]):
    """The rule, its threshold worked out for every currency."""

    watches = (AccountEntryBooked,)

    def __init__(self, rule: LargeEntryRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._threshold = in_all_currencies(rule.threshold)
        self.concerns = self.concerns_remembering = Concern({}, self._threshold)
        self._sign = {"credit": 1, "debit": -1, "both": 0}[rule.direction]
        self._direction = {} if rule.direction == "both" else {"direction": rule.direction}

    def judge(self, change: Change) -> Verdict | None:
        """Every entry counted is judged by itself."""
        event: AccountEntryBooked = change.event
        amount_minor = event.amount_minor
        if abs(amount_minor) < self._threshold[event.currency]:
            return None
        if self._sign and amount_minor * self._sign <= 0:
            return None
        if not self.covers(change.view, change.after):
            return None
        return Verdict(raises=self._finding(change, event))

    def _finding(self, change: Change, event: AccountEntryBooked) -> Finding:
        threshold_minor = self._threshold[event.currency]
        return Finding(
            rule=self.rule,
            subject=change.section_name,
            cause=f"{event.source}:{event.source_seq}",
            raised_at=event.occurred_at,
            payload={
                "account_id": event.account_id,
                "currency": event.currency,
                "amount_minor": event.amount_minor,
                "balance_minor": event.balance_minor,
                "booked_on": event.booked_on.isoformat(),
                "threshold_minor": threshold_minor,
            },
            thresholds={"threshold_minor": threshold_minor, **self._direction},
            position=change.position,
            before={"balance_minor": event.balance_minor - event.amount_minor},
            after={"balance_minor": event.balance_minor},
        )

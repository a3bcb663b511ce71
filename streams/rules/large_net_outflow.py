"""Rule `large_net_outflow`: in some days much more goes out of an account than comes in."""

from datetime import date, timedelta
from typing import Any, Final

from schemas.accounts import AccountEntryBooked
from schemas.balance_rules import LargeNetOutflowRule
from streams.change import Change
from streams.rules.amounts import in_all_currencies
from streams.rules.balances import cause_of
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Concern, Finding, Kind, Resolution, Verdict, state_of, with_state
from streams.rules.windows import sums_with, total

__all__ = ["LargeNetOutflow"]

_SUMS: Final = "sums"
_FIRED_BY: Final = "fired_by"
_NOTHING: Final[dict[str, Any]] = {_SUMS: {}}


class LargeNetOutflow(Kind[LargeNetOutflowRule]):
    """It remembers of an account the sums of its entries by day, and while it is not armed the cause of its alert.

    A day is the bank's at the instant of the entry, in which the clock runs too, not the day it is booked on.
    """

    watches = (AccountEntryBooked,)

    def __init__(self, rule: LargeNetOutflowRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._threshold = {code: max(1, minor) for code, minor in in_all_currencies(rule.threshold).items()}
        self._rearm_below = {code: -(-minor * rule.rearm_percent // 100) for code, minor in self._threshold.items()}
        counted = (
            dict.fromkeys(self._threshold, 1) if rule.entries_from is None else in_all_currencies(rule.entries_from)
        )
        self._from = counted
        self.concerns = self.concerns_remembering = Concern({}, counted)

    def judge(self, change: Change) -> Verdict | None:
        """Every entry counted, also one that comes late, as long as its day is in the window."""
        event: AccountEntryBooked = change.event
        if abs(event.amount_minor) < self._from[event.currency] or not self.covers(change.view, change.after):
            return None
        state = state_of(change.after, self.rule.id, _SUMS) or _NOTHING
        sums = sums_with(state[_SUMS], self.calendar.day_of(event.occurred_at), event.amount_minor, self.rule.days)
        return None if sums is None else self._moved(change, state, sums)

    def _moved(self, change: Change, state: dict[str, Any], sums: dict[str, int]) -> Verdict:
        outflow_minor, currency = -total(sums.values()), change.event.currency
        name, rule_id = change.section_name, self.rule.id
        fired_by = state.get(_FIRED_BY)
        if fired_by is not None:
            if outflow_minor >= self._rearm_below[currency]:
                return Verdict(section=with_state(change.after, rule_id, {_SUMS: sums, _FIRED_BY: fired_by}))
            resolved = Resolution(name, fired_by)
            return Verdict(resolves=(resolved,), section=with_state(change.after, rule_id, {_SUMS: sums}))
        if outflow_minor < self._threshold[currency]:
            return Verdict(section=with_state(change.after, rule_id, {_SUMS: sums}))
        cause = cause_of(change.event)
        finding = self._finding(change, cause, -total(state[_SUMS].values()), outflow_minor, max(sums))
        return Verdict(raises=finding, section=with_state(change.after, rule_id, {_SUMS: sums, _FIRED_BY: cause}))

    def _finding(self, change: Change, cause: str, before: int, outflow_minor: int, newest: str) -> Finding:
        event, rule = change.event, self.rule
        threshold_minor = self._threshold[event.currency]
        return Finding(
            rule=rule,
            subject=change.section_name,
            cause=cause,
            raised_at=event.occurred_at,
            payload={
                "account_id": event.account_id,
                "currency": event.currency,
                "outflow_minor": outflow_minor,
                "balance_minor": event.balance_minor,
                "from_on": (date.fromisoformat(newest) - timedelta(rule.days - 1)).isoformat(),
                "to_on": newest,
                "threshold_minor": threshold_minor,
            },
            thresholds={"threshold_minor": threshold_minor, "days": rule.days, "rearm_percent": rule.rearm_percent},
            position=change.position,
            before={"outflow_minor": before},
            after={"outflow_minor": outflow_minor},
        )

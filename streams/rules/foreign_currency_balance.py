"""Rule `foreign_currency_balance`: a customer holds much of a currency that is not the bank's own."""

from typing import Final

from schemas.balance_rules import ForeignCurrencyBalanceRule
from streams.change import Change
from streams.rules.amounts import in_all_currencies
from streams.rules.balances import STATING, balance_finding, cause_of
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Concern, Kind, Resolution, Verdict, state_of, with_state

__all__ = ["ForeignCurrencyBalance"]

_REACHED_BY: Final = "reached_by"


class ForeignCurrencyBalance(Kind[ForeignCurrencyBalanceRule]):
    """It remembers of an account, while it is not armed, the cause of the alert that disarmed it."""

    watches = STATING

    def __init__(self, rule: ForeignCurrencyBalanceRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._threshold = in_all_currencies(rule.threshold)
        foreign = {code: minor for code, minor in self._threshold.items() if code != rule.home_currency}
        self.concerns = Concern(foreign, {})
        self._rearm_below = {code: -(-minor * rule.rearm_percent // 100) for code, minor in self._threshold.items()}

    def judge(self, change: Change) -> Verdict | None:
        """Whether a newer balance crosses a level."""
        after = change.after
        balance_minor, currency = after["balance_minor"], after["currency"]
        if currency == self.rule.home_currency:
            return None
        state = state_of(after, self.rule.id)
        if state is None:
            return self._reach(change) if balance_minor >= self._threshold[currency] else None
        if balance_minor >= self._rearm_below[currency] or not change.states_newer("balance"):
            return None
        resolved = Resolution(change.section_name, state[_REACHED_BY])
        return Verdict(resolves=(resolved,), section=with_state(after, self.rule.id, None))

    def _reach(self, change: Change) -> Verdict | None:
        after, rule = change.after, self.rule
        if not change.states_newer("balance") or not self.covers(change.view, after):
            return None
        threshold_minor = self._threshold[after["currency"]]
        told = {"threshold_minor": threshold_minor, "home_currency": rule.home_currency}
        thresholds = {**told, "rearm_percent": rule.rearm_percent}
        return Verdict(
            raises=balance_finding(rule, change, told, thresholds),
            section=with_state(after, rule.id, {_REACHED_BY: cause_of(change.event)}),
        )

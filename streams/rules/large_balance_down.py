"""Rule `large_balance_down`: a balance that was clearly large falls below the threshold."""

from typing import Any, Final

from schemas.balance_rules import LargeBalanceDownRule
from streams.change import Change
from streams.rules.balances import STATING, Levels, balance_finding, cause_of
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Concern, Kind, Resolution, Verdict, state_of, with_state

__all__ = ["LargeBalanceDown"]

_ARMED: Final[dict[str, Any]] = {"armed": True}
_FELL_BY: Final = "fell_by"


class LargeBalanceDown(Kind[LargeBalanceDownRule]):
    """The rule, its levels worked out for every currency.

    It remembers of an account that it was large enough to fall; after a fall, the cause of the alert. An account begins
    with neither: what was never large can't fall.
    """

    watches = STATING

    def __init__(self, rule: LargeBalanceDownRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._threshold, self._arms_at = Levels.of(rule.threshold, rule.rearm_percent)
        self.concerns = Concern(self._arms_at, {})
        self.concerns_remembering = Concern(self._arms_at, {}, below=self._threshold)

    def judge(self, change: Change) -> Verdict | None:
        """Whether a newer balance crosses a level."""
        after = change.after
        balance_minor, currency = after["balance_minor"], after["currency"]
        state = state_of(after, self.rule.id, *_ARMED, _FELL_BY)
        if balance_minor >= self._arms_at[currency]:
            return None if state == _ARMED else self._arm(change, state)
        if state == _ARMED and balance_minor < self._threshold[currency]:
            return self._fall(change)
        return None

    def _arm(self, change: Change, state: dict[str, Any] | None) -> Verdict | None:
        if not change.states_newer("balance"):
            return None
        armed = _ARMED if self.covers(change.view, change.after) else None
        if armed == state:
            return None
        resolved = () if state is None else (Resolution(change.section_name, state[_FELL_BY]),)
        return Verdict(resolves=resolved, section=with_state(change.after, self.rule.id, armed))

    def _fall(self, change: Change) -> Verdict | None:
        after = change.after
        if not change.states_newer("balance"):
            return None
        if not self.covers(change.view, after):
            return Verdict(section=with_state(after, self.rule.id, None))
        threshold_minor = self._threshold[after["currency"]]
        thresholds = {"threshold_minor": threshold_minor, "rearm_percent": self.rule.rearm_percent}
        return Verdict(
            raises=balance_finding(self.rule, change, {"threshold_minor": threshold_minor}, thresholds),
            section=with_state(after, self.rule.id, {_FELL_BY: cause_of(change.event)}),
        )

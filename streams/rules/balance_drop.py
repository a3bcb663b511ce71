"""Rule `balance_drop`: a customer has taken most of a balance away, so he may be about to leave."""

from datetime import date, datetime
from typing import Any, Final

from schemas.balance_rules import BalanceDropRule
from streams.change import Change
from streams.rules.amounts import in_all_currencies
from streams.rules.balances import STATING, balance_finding, cause_of
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Concern, Kind, Resolution, Verdict, state_of, with_state
from streams.rules.windows import with_peak

__all__ = ["STEPS", "BalanceDrop"]

STEPS: Final = 8
"""Of a window: so many peaks are remembered of an account at the most."""
_PEAKS: Final = "peaks"
_FELL: Final = "fell"


class BalanceDrop(Kind[BalanceDropRule]):
    """It remembers of an account the peaks of its balance by step, and from which one it fell, when, and the cause."""

    watches = STATING

    def __init__(self, rule: BalanceDropRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._minimum = {code: max(1, minor) for code, minor in in_all_currencies(rule.minimum).items()}
        self.concerns = Concern(self._minimum, {})
        self._step = -(-rule.days // STEPS)

    def judge(self, change: Change) -> Verdict | None:
        """Whether a newer balance is so much below the greatest of the window."""
        after = change.after
        state = state_of(after, self.rule.id, _PEAKS, _FELL)
        if state is None and after["balance_minor"] < self._minimum[after["currency"]]:
            return None
        if not change.states_newer("balance") or not self.covers(change.view, after):
            return None
        verdict = self._moved(change, state or {})
        return None if verdict.section is after else verdict

    def _moved(self, change: Change, state: dict[str, Any]) -> Verdict:
        balance_minor, currency = change.after["balance_minor"], change.after["currency"]
        on, first = self._window(change.event.occurred_at)
        counts = balance_minor >= self._minimum[currency]
        peaks = with_peak(state.get(_PEAKS, {}), on, first, balance_minor if counts else None)
        fell = state.get(_FELL)
        if fell is not None and balance_minor * 100 >= fell["from_minor"] * self.rule.rearm_percent:
            resolved = Resolution(change.section_name, fell["cause"])
            return Verdict(resolves=(resolved,), section=self._remembering(change, state, peaks, None))
        if fell is not None and fell["on"] < first:
            fell = None
        peak_minor = max(peaks.values(), default=0)
        lost = (peak_minor - balance_minor) * 100
        if fell is not None or not peak_minor or lost < peak_minor * self.rule.percent:
            return Verdict(section=self._remembering(change, state, peaks, fell))
        fell = {"from_minor": peak_minor, "on": on, "cause": cause_of(change.event)}
        thresholds = self._thresholds(currency)
        told = {"peak_minor": peak_minor, "percent": lost // peak_minor, "days": self.rule.days}
        return Verdict(
            raises=balance_finding(self.rule, change, told, thresholds),
            section=self._remembering(change, state, peaks, fell),
        )

    def _window(self, at: datetime) -> tuple[str, str]:
        """The steps (their first days) in which `at` lies, and in which the window begins that ends there."""
        number = self.calendar.day_of(at).toordinal() // self._step
        return self._first_day(number), self._first_day(number - STEPS + 1)

    def _first_day(self, step: int) -> str:
        return date.fromordinal(max(1, step * self._step)).isoformat()

    def _remembering(
        self, change: Change, state: dict[str, Any], peaks: dict[str, int], fell: dict[str, Any] | None
    ) -> dict[str, Any]:
        moved = {name: held for name, held in ((_PEAKS, peaks), (_FELL, fell)) if held}
        return change.after if moved == state else with_state(change.after, self.rule.id, moved or None)

    def _thresholds(self, currency: str) -> dict[str, Any]:
        rule = self.rule
        return {
            "percent": rule.percent,
            "days": rule.days,
            "minimum_minor": self._minimum[currency],
            "rearm_percent": rule.rearm_percent,
        }

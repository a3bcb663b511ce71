"""Rule `large_drawdown`: one drawdown of at least the threshold."""

from typing import Any, Final

from schemas.loans import LoanDrawnDown, LoanSettled
from schemas.rules import LargeDrawdownRule
from streams.change import Change
from streams.folds.loans import SETTLED, drawdown_subject
from streams.rules.amounts import in_all_currencies
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Finding, Kind, Resolution, Verdict
from streams.view import Section

__all__ = ["LargeDrawdown"]

DRAWN: Final = "drawn"
"""The cause: a drawdown is told of once, however often its amount is stated."""


class LargeDrawdown(Kind[LargeDrawdownRule]):
    """The rule, its threshold worked out for every currency."""

    watches = (LoanDrawnDown, LoanSettled)

    def __init__(self, rule: LargeDrawdownRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._threshold = in_all_currencies(rule.threshold)

    def judge(self, change: Change) -> Verdict | None:
        """Told when its amount is known to be large; over when it is settled."""
        event, after = change.event, change.after
        drawdown = after["drawdowns"][event.drawdown_id]
        amount_minor = drawdown["amount_minor"]
        if amount_minor is None or amount_minor < self._threshold[after["currency"]]:
            return None
        if isinstance(event, LoanSettled):
            subject = drawdown_subject(event.contract_id, event.drawdown_id)
            return Verdict(resolves=(Resolution(subject, DRAWN),))
        is_over = drawdown["status"] == SETTLED
        if is_over or self._was_large(change) or not self.covers(change.view, after):
            return None
        return Verdict(raises=self._finding(change, event, drawdown))

    def _was_large(self, change: Change) -> bool:
        amount_minor = _amount_before(change)
        return amount_minor is not None and amount_minor >= self._threshold[change.after["currency"]]

    def _finding(self, change: Change, event: LoanDrawnDown, drawdown: Section) -> Finding:
        currency = change.after["currency"]
        facts: dict[str, Any] = {name: drawdown[name] for name in ("amount_minor", "drawn_on", "maturity_on")}
        threshold_minor = self._threshold[currency]
        named = {"contract_id": event.contract_id, "drawdown_id": event.drawdown_id, "currency": currency}
        return Finding(
            rule=self.rule,
            subject=drawdown_subject(event.contract_id, event.drawdown_id),
            cause=DRAWN,
            raised_at=event.occurred_at,
            payload={**named, **facts, "threshold_minor": threshold_minor},
            thresholds={"threshold_minor": threshold_minor},
            position=change.position,
            before={"amount_minor": _amount_before(change)},
            after={"amount_minor": drawdown["amount_minor"]},
        )


def _amount_before(change: Change) -> int | None:
    drawdowns = {} if change.before is None else change.before["drawdowns"]
    amount_minor: int | None = drawdowns.get(change.event.drawdown_id, {}).get("amount_minor")
    return amount_minor

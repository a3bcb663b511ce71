"""Rule `instalment_missed`: an instalment of a drawdown was not paid."""

from typing import Any, Final

from schemas.loans import LoanInstalmentMissed, LoanRepaid, LoanSettled
from schemas.rules import InstalmentMissedRule
from streams.change import Change
from streams.folds.loans import SETTLED, drawdown_subject
from streams.rules.kind import Finding, Kind, Resolution, Verdict, state_of, with_state
from streams.view import Section

__all__ = ["InstalmentMissed"]

_REMEMBERED: Final = 12
"""Alerts of a drawdown that are resolved when it catches up; older ones expire by themselves."""


class InstalmentMissed(Kind[InstalmentMissedRule]):
    """It remembers, by drawdown, the causes of its alerts until the drawdown has caught up."""

    watches = (LoanInstalmentMissed, LoanRepaid, LoanSettled)

    def judge(self, change: Change) -> Verdict | None:
        """Told for each; over when nothing is in arrears any more, or the drawdown is settled."""
        event = change.event
        drawdown = change.after["drawdowns"][event.drawdown_id]
        if isinstance(event, LoanInstalmentMissed):
            return self._miss(change, event, drawdown)
        is_over = drawdown["status"] == SETTLED or not drawdown["arrears_minor"]
        return self._catch_up(change, event.drawdown_id) if is_over else None

    def _miss(self, change: Change, event: LoanInstalmentMissed, drawdown: Section) -> Verdict | None:
        # Told late, of what was caught up meanwhile, it is no news.
        is_over = drawdown["status"] == SETTLED or not drawdown["arrears_minor"]
        if is_over or drawdown["missed"] < self.rule.from_missed or not self.covers(change.view, change.after):
            return None
        cause = f"{event.source}:{event.source_seq}"
        state = self._causes(change)
        causes = [*state.get(event.drawdown_id, ()), cause][-_REMEMBERED:]
        section = with_state(change.after, self.rule.id, {**state, event.drawdown_id: causes})
        return Verdict(raises=self._finding(change, event, drawdown, cause), section=section)

    def _catch_up(self, change: Change, drawdown_id: str) -> Verdict | None:
        state = self._causes(change)
        if drawdown_id not in state:
            return None
        left = {held: causes for held, causes in state.items() if held != drawdown_id}
        subject = drawdown_subject(change.after["contract_id"], drawdown_id)
        resolved = tuple(Resolution(subject, cause) for cause in state[drawdown_id])
        return Verdict(resolves=resolved, section=with_state(change.after, self.rule.id, left or None))

    def _causes(self, change: Change) -> dict[str, list[str]]:
        """Drawdown -> causes; of what a rule of another kind left under the id, which has no lists, nothing."""
        state = state_of(change.after, self.rule.id) or {}
        return {held: causes for held, causes in state.items() if isinstance(causes, list)}

    def _finding(self, change: Change, event: LoanInstalmentMissed, drawdown: Section, cause: str) -> Finding:
        held: dict[str, Any] = {} if change.before is None else change.before["drawdowns"].get(event.drawdown_id, {})
        return Finding(
            rule=self.rule,
            subject=drawdown_subject(event.contract_id, event.drawdown_id),
            cause=cause,
            raised_at=event.occurred_at,
            payload={
                "contract_id": event.contract_id,
                "drawdown_id": event.drawdown_id,
                "currency": event.currency,
                "due_on": event.due_on.isoformat(),
                "arrears_minor": event.arrears_minor,
                "missed": drawdown["missed"],
            },
            thresholds={"from_missed": self.rule.from_missed},
            position=change.position,
            before={"arrears_minor": held.get("arrears_minor", 0), "missed": held.get("missed", 0)},
            after={"arrears_minor": drawdown["arrears_minor"], "missed": drawdown["missed"]},
        )

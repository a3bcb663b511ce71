"""What rules on a level of a lending contract share: fire when it is reached, arm again when it is clearly left."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from schemas.loans import LoanContractSigned, LoanDrawnDown, LoanInstalmentMissed, LoanRepaid, LoanSettled
from streams.change import Change
from streams.rules.kind import DISARMED_BY, Finding, Kind, Resolution, RuleT, Verdict, state_of, with_state
from streams.view import Section

__all__ = ["ContractLevel", "cause_of"]

_KIND: Final = "kind"


def cause_of(event: Any) -> str:
    """What tells an event of a contract from all others of it: each part of a contract numbers its own."""
    part = getattr(event, "drawdown_id", None)
    return f"{event.source}:{event.source_seq}" if part is None else f"{event.source}:{part}:{event.source_seq}"


class ContractLevel(Kind[RuleT]):
    """It remembers of a contract, while it is not armed, the cause of the alert that disarmed it, and its own kind.

    Judged on every change of a contract, late ones too: a repayment that comes late is money repaid all the same.
    """

    watches = (LoanContractSigned, LoanDrawnDown, LoanInstalmentMissed, LoanRepaid, LoanSettled)
    judged: ClassVar[tuple[str, ...]]
    """Fields of the contract that say where the level stands; they go into the proof."""

    def is_reached(self, loan: Section) -> bool:
        """Whether it is time to fire."""
        raise NotImplementedError

    def is_left(self, loan: Section) -> bool:
        """Whether the cause is gone, so that the rule may fire again."""
        raise NotImplementedError

    def payload(self, loan: Section) -> dict[str, Any]:
        """What is told of the contract."""
        raise NotImplementedError

    def thresholds(self, loan: Section) -> dict[str, Any]:
        """Those in force."""
        raise NotImplementedError

    def judge(self, change: Change) -> Verdict | None:
        """Whether the contract reaches the level, or leaves it."""
        loan = change.after
        state = self._disarmed(loan)
        if state is None:
            if not self.is_reached(loan) or not self.covers(change.view, loan):
                return None
            cause = cause_of(change.event)
            section = with_state(loan, self.rule.id, {DISARMED_BY: cause, _KIND: self.rule.kind})
            return Verdict(raises=self._finding(change, cause), section=section)
        if not self.is_left(loan):
            return None
        resolved = Resolution(change.section_name, state[DISARMED_BY])
        return Verdict(resolves=(resolved,), section=with_state(loan, self.rule.id, None))

    def _disarmed(self, loan: Section) -> dict[str, Any] | None:
        """What it remembers while it is not armed; None: it is, or another of these kinds had its id and left that."""
        state = state_of(loan, self.rule.id, DISARMED_BY)
        # Earlier releases kept no kind.
        return state if state is not None and state.get(_KIND, self.rule.kind) == self.rule.kind else None

    def _finding(self, change: Change, cause: str) -> Finding:
        return Finding(
            rule=self.rule,
            subject=change.section_name,
            cause=cause,
            raised_at=change.event.occurred_at,
            payload=self.payload(change.after),
            thresholds=self.thresholds(change.after),
            position=change.position,
            before=None if change.before is None else self._values(change.before),
            after=self._values(change.after),
        )

    def _values(self, loan: Section) -> Mapping[str, Any]:
        return {name: loan[name] for name in self.judged}

"""Rule `collateral_below_cover`: what is pledged for a contract is worth less than it has to be."""

from dataclasses import dataclass
from typing import Final

from schemas.acceptances import AcceptanceAccepted, AcceptancePaid, AcceptanceSettled
from schemas.collateral import CollateralPledged, CollateralReleased, CollateralValued
from schemas.guarantees import GuaranteeAmended, GuaranteeIssued, GuaranteeReleased
from schemas.loans import LoanDrawnDown, LoanRepaid, LoanSettled
from schemas.rules import CollateralBelowCoverRule
from schemas.views import acceptance_section, collateral_section, guarantee_section, loan_section
from streams.change import Change
from streams.folds.guarantees import guaranteed_of
from streams.rules.kind import Finding, Kind, Resolution, Verdict
from streams.view import Section

__all__ = ["CollateralBelowCover"]

_PARTS: Final = ("drawdown_id", "bill_id", "collateral_id")


@dataclass(frozen=True, slots=True)
class _Cover:
    """What is pledged and what is owed, in one currency."""

    value_minor: int
    owed_minor: int
    cover_percent: int

    def is_below(self, percent: int) -> bool:
        """Whether the value falls short of `percent` of the cover."""
        return self.value_minor * 10_000 < self.owed_minor * self.cover_percent * percent


class CollateralBelowCover(Kind[CollateralBelowCoverRule]):
    """Judged when value or debt changes: fires on the way down, resolves on the way up, and remembers nothing."""

    watches = (
        *(CollateralPledged, CollateralValued, CollateralReleased),
        *(LoanDrawnDown, LoanRepaid, LoanSettled),
        *(AcceptanceAccepted, AcceptancePaid, AcceptanceSettled),
        *(GuaranteeIssued, GuaranteeAmended, GuaranteeReleased),
    )

    def judge(self, change: Change) -> Verdict | None:
        """Whether the cover became too small, or large enough again."""
        subject = collateral_section(change.event.contract_id)
        collateral = change.view.get(subject)
        if collateral is None:
            return None
        after = self._cover(change, change.after)
        before = self._cover(change, change.before)
        is_below = after is not None and after.is_below(self.rule.percent)
        was_below = before is not None and before.is_below(self.rule.percent)
        if is_below is was_below:
            return None
        if after is None or not is_below:
            return Verdict(resolves=(Resolution(subject, None),))
        if not self.covers(change.view, collateral):
            return None
        return Verdict(raises=self._finding(change, subject, before, after))

    @staticmethod
    def _cover(change: Change, changed: Section | None) -> _Cover | None:
        """The cover with `changed` for the section that the event changed; None where nothing has to be covered.

        Amounts of different currencies can't be compared: such a contract is not judged.
        """
        contract_id = change.event.contract_id

        def section(name: str) -> Section | None:
            return changed if name == change.section_name else change.view.get(name)

        collateral = section(collateral_section(contract_id))
        if collateral is None or collateral["cover_percent"] is None:
            return None
        loan, acceptance = section(loan_section(contract_id)), section(acceptance_section(contract_id))
        guarantee = section(guarantee_section(contract_id))
        owing = [held for held in (loan, acceptance, guarantee) if held is not None]
        if any(held["currency"] not in {None, collateral["currency"]} for held in owing):
            return None
        owed_minor = sum(held["outstanding_minor"] for held in (loan, acceptance) if held is not None)
        owed_minor += 0 if guarantee is None else guaranteed_of(guarantee)
        return _Cover(collateral["value_minor"], owed_minor, collateral["cover_percent"])

    def _finding(self, change: Change, subject: str, before: _Cover | None, after: _Cover) -> Finding:
        event = change.event
        part = next((getattr(event, name) for name in _PARTS if hasattr(event, name)), "contract")
        family = event.type.partition(".")[0]
        was = None if before is None else {"value_minor": before.value_minor, "owed_minor": before.owed_minor}
        return Finding(
            rule=self.rule,
            subject=subject,
            # Each part of a contract numbers its own events.
            cause=f"{event.source}:{family}:{part}:{event.source_seq}",
            raised_at=event.occurred_at,
            payload={
                "contract_id": event.contract_id,
                "currency": (change.view.get(subject) or {})["currency"],
                "value_minor": after.value_minor,
                "owed_minor": after.owed_minor,
                "cover_percent": after.cover_percent,
            },
            thresholds={"percent": self.rule.percent, "cover_percent": after.cover_percent},
            position=change.position,
            before=was,
            after={"value_minor": after.value_minor, "owed_minor": after.owed_minor},
        )

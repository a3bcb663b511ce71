"""Rule `collateral_below_cover`: what is pledged for a contract is worth less than it has to be."""

from typing import Final, NamedTuple

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


class _Cover(NamedTuple):
    """What is pledged and what is owed, in one currency."""

    value_minor: int
    owed_minor: int
    cover_percent: int


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
        view, contract_id = change.view, change.event.contract_id
        subject = collateral_section(contract_id)
        collateral = view.get(subject)
        if collateral is None:
            return None
        names = (subject, loan_section(contract_id), acceptance_section(contract_id), guarantee_section(contract_id))
        sections = [view.get(name) for name in names]
        after = _cover(*sections)
        sections[names.index(change.section_name)] = change.before
        before = _cover(*sections)
        if self._is_below(after) is self._is_below(before):
            return None
        if after is None or not self._is_below(after):
            return Verdict(resolves=(Resolution(subject, None),))
        if not self.covers(view, collateral):
            return None
        return Verdict(raises=self._finding(change, subject, before, after))

    def _is_below(self, cover: _Cover | None) -> bool:
        if cover is None:
            return False
        return cover.value_minor * 10_000 < cover.owed_minor * cover.cover_percent * self.rule.percent

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


def _cover(
    collateral: Section | None, loan: Section | None, acceptance: Section | None, guarantee: Section | None
) -> _Cover | None:
    """None where nothing has to be covered; nor are amounts of different currencies compared."""
    if collateral is None or collateral["cover_percent"] is None:
        return None
    owed_minor = 0
    for held in (loan, acceptance, guarantee):
        if held is None:
            continue
        if held["currency"] not in {None, collateral["currency"]}:
            return None
        owed_minor += guaranteed_of(held) if held is guarantee else held["outstanding_minor"]
    return _Cover(collateral["value_minor"], owed_minor, collateral["cover_percent"])

"""Fold of what has happened to the customer lately: section `timeline`, the newest notable events.

Postings (entries, repayments, reported balances) and interests shown are not notable: they come by the hundred, and
would push out within days what tells of a customer (ADR 0017).
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from schemas.acceptances import AcceptanceAccepted, AcceptancePaid, AcceptanceSettled
from schemas.accounts import AccountClosed, AccountFrozen, AccountOpened, AccountTermsChanged, AccountUnfrozen
from schemas.base import utc_text
from schemas.collateral import CollateralPledged, CollateralReleased, CollateralValued
from schemas.complaints import ComplaintReceived, ComplaintResolved, ComplaintUpdated, ComplaintWithdrawn
from schemas.customers import CustomerAmended, CustomerRegistered, RelationshipAssigned, RelationshipEnded
from schemas.guarantees import GuaranteeAmended, GuaranteeCalled, GuaranteeIssued, GuaranteeReleased
from schemas.interactions import CampaignAnswered, ContactMade, SatisfactionScored
from schemas.loans import LoanContractSigned, LoanDrawnDown, LoanInstalmentMissed, LoanSettled
from schemas.views import (
    INTERACTIONS,
    PROFILE,
    account_section,
    collateral_section,
    complaint_section,
    guarantee_section,
    loan_section,
)
from streams.folds.acceptances import bill_subject
from streams.folds.customers import PARTY
from streams.folds.loans import drawdown_subject
from streams.view import Section

__all__ = ["NOTABLE", "TIMELINE_KEPT", "fold"]

TIMELINE_KEPT: Final = 32


class _Told(NamedTuple):
    """How a type of event is told of."""

    subject: Callable[[Any], str]
    facts: tuple[str, ...] = ()
    """Fields whose values are told; none that says more of a person than that something was changed."""


def fold(section: Section | None, event: Any) -> Section:
    """The timeline with `event`, of a type in `NOTABLE`, in its place.

    The very section when the event stands there already, or is older than all of a full one: so the timeline is the
    same whatever order events come in, and however often.
    """
    if section is None:
        section = {"events": []}
    events = section["events"]
    subject = NOTABLE[type(event)].subject(event)
    place = event.occurred_at, event.source, subject, event.source_seq
    index = len(events)
    # Nearly every event is the newest.
    if events and place <= _place(events[-1]):
        index = bisect_left(events, place, key=_place)
        if _place(events[index]) == place or (index == 0 and len(events) == TIMELINE_KEPT):
            return section
    part = {
        "at": utc_text(event.occurred_at),
        "type": event.type,
        "subject": subject,
        "source": event.source,
        "seq": event.source_seq,
        "detail": _detail(event),
    }
    return {"events": [*events[:index], part, *events[index:]][-TIMELINE_KEPT:]}


def _place(part: Mapping[str, Any]) -> tuple[datetime, str, str, int]:
    # Instants, not their texts: "...:00.5Z" sorts before "...:00Z".
    return datetime.fromisoformat(part["at"]), part["source"], part["subject"], part["seq"]


def _detail(event: Any) -> dict[str, Any]:
    """What the event states of the facts told of its type; of a changed party only which fields."""
    if isinstance(event, CustomerAmended):
        return {"fields": [name for name in PARTY if getattr(event, name, None) is not None]}
    values = {name: getattr(event, name) for name in NOTABLE[type(event)].facts}
    return {name: _json(value) for name, value in values.items() if value is not None}


def _json(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return value if isinstance(value, int | str) else value.isoformat()


def _account(event: Any) -> str:
    return account_section(event.account_id)


def _drawdown(event: Any) -> str:
    return drawdown_subject(event.contract_id, event.drawdown_id)


def _guarantee(event: Any) -> str:
    return guarantee_section(event.contract_id)


def _bill(event: Any) -> str:
    return bill_subject(event.contract_id, event.bill_id)


def _pledge(event: Any) -> str:
    return f"{collateral_section(event.contract_id)}/pledge:{event.collateral_id}"


def _complaint(event: Any) -> str:
    return complaint_section(event.complaint_id)


def _relationship(event: Any) -> str:
    return f"relationship:{event.relationship_id}"


def _party(_: Any) -> str:
    return PROFILE


def _contact(_: Any) -> str:
    return INTERACTIONS


NOTABLE: Final[dict[type, _Told]] = {
    CustomerRegistered: _Told(_party),
    CustomerAmended: _Told(_party),
    RelationshipAssigned: _Told(_relationship, ("role", "party_id")),
    RelationshipEnded: _Told(_relationship),
    AccountOpened: _Told(_account, ("product", "currency", "maturity_on")),
    AccountTermsChanged: _Told(_account, ("product", "maturity_on")),
    AccountFrozen: _Told(_account, ("freeze_id", "amount_minor", "currency")),
    AccountUnfrozen: _Told(_account, ("freeze_id",)),
    AccountClosed: _Told(_account),
    LoanContractSigned: _Told(lambda event: loan_section(event.contract_id), ("limit_minor", "currency")),
    LoanDrawnDown: _Told(_drawdown, ("amount_minor", "currency", "maturity_on")),
    LoanInstalmentMissed: _Told(_drawdown, ("due_on", "arrears_minor", "currency")),
    LoanSettled: _Told(_drawdown),
    GuaranteeIssued: _Told(_guarantee, ("amount_minor", "currency", "expires_on")),
    GuaranteeAmended: _Told(_guarantee, ("amount_minor", "currency", "expires_on")),
    GuaranteeCalled: _Told(_guarantee, ("called_minor", "currency")),
    GuaranteeReleased: _Told(_guarantee, ("ground",)),
    AcceptanceAccepted: _Told(_bill, ("amount_minor", "currency", "maturity_on")),
    AcceptancePaid: _Told(_bill, ("paid_minor", "currency")),
    AcceptanceSettled: _Told(_bill),
    CollateralPledged: _Told(_pledge, ("collateral_kind", "value_minor", "currency")),
    CollateralValued: _Told(_pledge, ("value_minor", "currency")),
    CollateralReleased: _Told(_pledge),
    ComplaintReceived: _Told(_complaint, ("product", "issue", "channel")),
    ComplaintUpdated: _Told(_complaint, ("progress",)),
    ComplaintResolved: _Told(_complaint),
    ComplaintWithdrawn: _Told(_complaint),
    ContactMade: _Told(_contact, ("channel", "direction", "outcome", "product")),
    CampaignAnswered: _Told(_contact, ("campaign_id", "response", "product")),
    SatisfactionScored: _Told(_contact, ("score",)),
}
"""The types of events that a timeline tells of."""

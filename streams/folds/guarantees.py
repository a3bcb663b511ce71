"""Fold of guarantees: section `guarantee:<contract>`."""

from typing import Any, Final

from schemas.guarantees import GuaranteeAmended, GuaranteeCalled, GuaranteeEnd, GuaranteeEvent, GuaranteeIssued
from streams.folds.money import in_currency
from streams.folds.order import stated
from streams.view import Section

__all__ = ["OVER", "fold", "guaranteed_of"]

OPEN: Final = "open"
CALLED: Final = "called"
RELEASED: Final = "released"
EXPIRED: Final = "expired"
OVER: Final = frozenset({RELEASED, EXPIRED})


def guaranteed_of(section: Section) -> int:
    """What the bank stands in for, minor units; nothing once the guarantee is over."""
    return 0 if section["status"] in OVER else section["amount_minor"] or 0


def fold(section: Section | None, event: GuaranteeEvent) -> Section:
    """The guarantee after `event`; the very section when the event is a duplicate or superseded.

    Raises `Refused` for another currency than the guarantee's.
    """
    if section is None:
        section = _unheard_of(event.contract_id)
    if isinstance(event, GuaranteeIssued | GuaranteeAmended | GuaranteeCalled):
        section = in_currency(section, event.currency)
    facts = {name: {name: value} for name, value in _facts(event).items() if value is not None}
    return stated(section, event.source_seq, facts)


def _unheard_of(contract_id: str) -> Section:
    return {
        "contract_id": contract_id,
        "letter_number": None,
        "currency": None,
        "amount_minor": None,
        "beneficiary": None,
        "issued_on": None,
        "expires_on": None,
        "called_minor": 0,
        "called_on": None,
        "released_on": None,
        "status": OPEN,
        "order": {},
    }


def _facts(event: GuaranteeEvent) -> dict[str, Any]:
    """What the event states, a fact under each field's own name; None is «not stated»."""
    if isinstance(event, GuaranteeIssued):
        return {
            "letter_number": event.letter_number,
            "issued_on": event.issued_on.isoformat(),
            "status": OPEN,
            **_terms(event),
        }
    if isinstance(event, GuaranteeAmended):
        return _terms(event)
    if isinstance(event, GuaranteeCalled):
        return {"called_minor": event.called_minor, "called_on": event.called_on.isoformat(), "status": CALLED}
    status = EXPIRED if event.ground is GuaranteeEnd.EXPIRED else RELEASED
    return {"released_on": event.released_on.isoformat(), "status": status}


def _terms(event: GuaranteeIssued | GuaranteeAmended) -> dict[str, Any]:
    expires_on = None if event.expires_on is None else event.expires_on.isoformat()
    return {"amount_minor": event.amount_minor, "beneficiary": event.beneficiary, "expires_on": expires_on}

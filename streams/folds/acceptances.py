"""Fold of acceptances: section `acceptance:<contract>`, with its bills."""

from typing import Any

from schemas.acceptances import AcceptanceAccepted, AcceptanceEvent, AcceptancePaid
from streams.folds.money import in_currency, within_bounds
from streams.folds.order import stated
from streams.folds.parts import OPEN, SETTLED, Naming, earliest_maturity, still_to_pay, unsettled
from streams.view import Section

__all__ = ["SETTLED", "bill_subject", "fold", "subject_parts", "to_provide"]

_BILLS = Naming("acceptance", "bill")
bill_subject, subject_parts = _BILLS.subject, _BILLS.parts


def to_provide(bill: Section) -> int:
    """What the customer has still to provide for a bill, minor units."""
    return still_to_pay(bill, "paid_minor")


def fold(section: Section | None, event: AcceptanceEvent) -> Section:
    """The contract after `event`; the very section when the event is a duplicate or superseded.

    Raises `Refused` for another currency than the contract's.
    """
    if section is None:
        section = _unheard_of(event.contract_id)
    if isinstance(event, AcceptanceAccepted | AcceptancePaid):
        section = in_currency(section, event.currency)
    held = section["bills"].get(event.bill_id)
    bill = stated(held or _not_accepted(), event.source_seq, _facts(event))
    return section if bill is held else _with_bill(section, event.bill_id, bill)


def _unheard_of(contract_id: str) -> Section:
    _BILLS.expect_one_meaning(contract_id)
    return {
        "contract_id": contract_id,
        "currency": None,
        "accepted_minor": 0,
        "outstanding_minor": 0,
        "maturity_on": None,
        "status": OPEN,
        "bills": {},
    }


def _not_accepted() -> Section:
    return {
        "amount_minor": None,
        "payee": None,
        "accepted_on": None,
        "maturity_on": None,
        "paid_minor": 0,
        "status": OPEN,
        "order": {},
    }


def _facts(event: AcceptanceEvent) -> dict[str, dict[str, Any]]:
    if isinstance(event, AcceptanceAccepted):
        facts: dict[str, dict[str, Any]] = {
            "accepted": {
                "amount_minor": event.amount_minor,
                "accepted_on": event.accepted_on.isoformat(),
                "maturity_on": event.maturity_on.isoformat(),
            }
        }
        return facts if event.payee is None else {**facts, "payee": {"payee": event.payee}}
    if isinstance(event, AcceptancePaid):
        return {"paid": {"paid_minor": event.paid_minor}}
    return {"settled": {"status": SETTLED}}


def _with_bill(section: Section, bill_id: str, bill: Section) -> Section:
    bills = {**section["bills"], bill_id: bill}
    left = unsettled(bills.values())
    return {
        **section,
        "accepted_minor": within_bounds(sum(part["amount_minor"] or 0 for part in bills.values()), "amount_minor"),
        "outstanding_minor": sum(map(to_provide, left)),
        "maturity_on": earliest_maturity(left),
        "status": OPEN if left else SETTLED,
        "bills": bills,
    }

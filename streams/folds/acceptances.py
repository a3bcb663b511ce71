"""Fold of acceptances: section `acceptance:<contract>`, with its bills."""

from typing import Any, Final

from schemas.acceptances import AcceptanceAccepted, AcceptanceEvent, AcceptancePaid
from streams.folds.money import in_currency, within_bounds
from streams.folds.order import stated
from streams.folds.refusals import Refused
from streams.view import Section

__all__ = ["SETTLED", "bill_subject", "fold", "subject_parts", "to_provide"]

SETTLED: Final = "settled"
OPEN: Final = "open"

_BILL: Final = "/bill:"


def bill_subject(contract_id: str, bill_id: str) -> str:
    """What alerts and deadlines call a bill."""
    return f"acceptance:{contract_id}{_BILL}{bill_id}"


def subject_parts(subject: str) -> tuple[str, str]:
    """(section of the contract, bill id) of a bill's subject."""
    section, _, bill_id = subject.partition(_BILL)
    return section, bill_id


def to_provide(bill: Section) -> int:
    """What the customer has still to provide for a bill, minor units."""
    if bill["status"] == SETTLED:
        return 0
    return max(0, (bill["amount_minor"] or 0) - int(bill["paid_minor"]))


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
    # One contract's "a/bill:b" and another's "a" could otherwise name one and the same bill.
    if _BILL in contract_id:
        raise Refused(f"contract_id: may not contain {_BILL!r}")
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
    unsettled = [part for part in bills.values() if part["status"] != SETTLED]
    maturities = [part["maturity_on"] for part in unsettled if part["maturity_on"] is not None]
    return {
        **section,
        "accepted_minor": within_bounds(sum(part["amount_minor"] or 0 for part in bills.values()), "amount_minor"),
        "outstanding_minor": sum(map(to_provide, unsettled)),
        "maturity_on": min(maturities, default=None),
        "status": OPEN if unsettled else SETTLED,
        "bills": bills,
    }

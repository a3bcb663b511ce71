"""Events of bank acceptances: topic `loan-drawdowns`. A contract has many bills, and each bill is an entity."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import MAX_MINOR, Currency, Day, EntityId, PositiveMinor
from schemas.header import Header

__all__ = ["AcceptanceAccepted", "AcceptanceEvent", "AcceptancePaid", "AcceptanceSettled"]

NonNegativeMinor = Annotated[int, Field(ge=0, le=MAX_MINOR)]
Payee = Annotated[str, Field(min_length=1, max_length=200)]


class _BillHeader(Header):
    contract_id: EntityId
    bill_id: EntityId


class AcceptanceAccepted(_BillHeader):
    """The bank accepts a bill: it pays the holder on `maturity_on`, and the customer provides for it."""

    type: Literal["acceptance.accepted"]
    amount_minor: PositiveMinor
    currency: Currency
    payee: Payee | None = None
    accepted_on: Day
    maturity_on: Day


class AcceptancePaid(_BillHeader):
    """The customer has provided money for the bill; `paid_minor` is all that he provided so far."""

    type: Literal["acceptance.paid"]
    paid_minor: NonNegativeMinor
    currency: Currency
    paid_on: Day


class AcceptanceSettled(_BillHeader):
    """The bill is paid, and nothing of it is owed to the bank."""

    type: Literal["acceptance.settled"]
    settled_on: Day


AcceptanceEvent = AcceptanceAccepted | AcceptancePaid | AcceptanceSettled

"""Events of guarantees: topic `loan-drawdowns`. A contract has one letter, and the contract is the entity."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Currency, Day, EntityId, PositiveMinor
from schemas.header import Header

__all__ = [
    "GuaranteeAmended",
    "GuaranteeCalled",
    "GuaranteeEnd",
    "GuaranteeEvent",
    "GuaranteeIssued",
    "GuaranteeReleased",
]

Beneficiary = Annotated[str, Field(min_length=1, max_length=200)]


class GuaranteeEnd(StrEnum):
    """Why a guarantee binds the bank no more."""

    EXPIRED = "expired"
    RETURNED = "returned"
    PAID = "paid"


class _GuaranteeHeader(Header):
    contract_id: EntityId


class GuaranteeIssued(_GuaranteeHeader):
    """The bank stands in for the customer up to an amount; no `expires_on` means until the letter comes back."""

    type: Literal["guarantee.issued"]
    letter_number: EntityId
    amount_minor: PositiveMinor
    currency: Currency
    beneficiary: Beneficiary
    issued_on: Day
    expires_on: Day | None = None


class GuaranteeAmended(_GuaranteeHeader):
    """The letter was changed; null means «not stated», which changes nothing."""

    type: Literal["guarantee.amended"]
    currency: Currency
    amount_minor: PositiveMinor | None = None
    beneficiary: Beneficiary | None = None
    expires_on: Day | None = None


class GuaranteeCalled(_GuaranteeHeader):
    """The beneficiary demands payment; `called_minor` is all that was demanded so far."""

    type: Literal["guarantee.called"]
    called_minor: PositiveMinor
    currency: Currency
    called_on: Day


class GuaranteeReleased(_GuaranteeHeader):
    """The bank is bound no more."""

    type: Literal["guarantee.released"]
    released_on: Day
    ground: GuaranteeEnd


GuaranteeEvent = GuaranteeIssued | GuaranteeAmended | GuaranteeCalled | GuaranteeReleased

"""Events of collateral: topic `loan-drawdowns`. What is pledged for a contract; each pledge is an entity.

A thing that secures two contracts is two pledges, each with the part of its value that stands for its contract. The
value is stated in the currency of the contract.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import MAX_MINOR, Currency, Day, EntityId, Text
from schemas.header import Header

__all__ = ["CollateralEvent", "CollateralKind", "CollateralPledged", "CollateralReleased", "CollateralValued"]

NonNegativeMinor = Annotated[int, Field(ge=0, le=MAX_MINOR)]


class CollateralKind(StrEnum):
    """What is pledged."""

    REAL_ESTATE = "real_estate"
    VEHICLE = "vehicle"
    DEPOSIT = "deposit"
    SECURITIES = "securities"
    RECEIVABLES = "receivables"
    INVENTORY = "inventory"
    OTHER = "other"


class _PledgeHeader(Header):
    contract_id: EntityId
    collateral_id: EntityId


class CollateralPledged(_PledgeHeader):
    """Something secures the contract, valued at `value_minor` on `pledged_on`."""

    type: Literal["collateral.pledged"]
    collateral_kind: CollateralKind
    value_minor: NonNegativeMinor
    currency: Currency
    pledged_on: Day
    cover_percent: Annotated[int, Field(ge=1, le=1000)] = 100
    """What all pledges of the contract together must be worth, in percent of what is owed under it."""
    description: Text | None = None


class CollateralValued(_PledgeHeader):
    """It was valued anew."""

    type: Literal["collateral.valued"]
    value_minor: NonNegativeMinor
    currency: Currency
    valued_on: Day


class CollateralReleased(_PledgeHeader):
    """It secures the contract no more."""

    type: Literal["collateral.released"]
    released_on: Day


CollateralEvent = CollateralPledged | CollateralValued | CollateralReleased

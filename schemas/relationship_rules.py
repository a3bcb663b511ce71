"""Rules on the customer himself and on what he holds, and what their alerts tell."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, model_validator
from typing_extensions import TypedDict

from schemas.rule_base import Names, RuleBase

__all__ = [
    "AddressMovedPayload",
    "AddressMovedRule",
    "BirthdayPayload",
    "DormancyPayload",
    "DormancyRule",
    "HostChangedPayload",
    "HostChangedRule",
    "NoContactPayload",
    "NoContactRule",
    "ProductGapPayload",
    "ProductGapRule",
    "RepeatedInterestPayload",
    "RepeatedInterestRule",
    "TierChangedPayload",
    "TierChangedRule",
    "WinBackPayload",
    "WinBackRule",
]


class TierChangedRule(RuleBase):
    """Fires when a customer's tier becomes another one, in `direction`: small, medium, key, potential, top."""

    kind: Literal["tier_changed"]
    direction: Literal["up", "down", "both"] = "both"


class TierChangedPayload(TypedDict):
    """A customer is graded higher or lower than before."""

    tier_before: str
    tier: str
    direction: Literal["up", "down"]


class AddressMovedRule(RuleBase):
    """Fires when a customer's address becomes another one; letter case and spaces are no move."""

    kind: Literal["address_moved"]


class AddressMovedPayload(TypedDict):
    """A customer lives somewhere else."""

    address_before: str
    address: str


class HostChangedRule(RuleBase):
    """Fires when a customer gets another host manager than he had last, also after a time with none."""

    kind: Literal["host_changed"]


class HostChangedPayload(TypedDict):
    """A customer was handed over."""

    host_before: str
    host: str


class RepeatedInterestRule(RuleBase):
    """Fires when a customer has shown interest in a product `count` times in `days` days; again only `days` later."""

    kind: Literal["repeated_interest"]
    count: Annotated[int, Field(ge=2, le=32)] = 3
    days: Annotated[int, Field(ge=1, le=366)] = 30
    products: Names | None = None
    """None: whatever product."""
    unless_held: bool = True
    """Not for a product that he holds."""


class RepeatedInterestPayload(TypedDict):
    """A customer wants something."""

    product: str
    count: int
    days: int
    first_at: str
    last_at: str


class ProductGapRule(RuleBase):
    """Fires when a customer comes to hold all of `has` and none of `lacks`."""

    kind: Literal["product_gap"]
    has: Names
    lacks: Names

    @model_validator(mode="after")
    def _can_come_true(self) -> "ProductGapRule":
        both = sorted(set(self.has) & set(self.lacks))
        if both:
            raise ValueError(f"lacks: should not name {both[0]!r}, which stands in has: nobody holds and lacks it")
        return self


class ProductGapPayload(TypedDict):
    """A customer could use a product that he does not have."""

    has: list[str]
    lacks: list[str]


class WinBackRule(RuleBase):
    """Fires when the last product that a customer held, of `products`, is over."""

    kind: Literal["win_back"]
    products: Names | None = None
    """None: whatever product."""


class WinBackPayload(TypedDict):
    """A customer holds nothing any more."""

    last_product: str
    section: str
    """Of the account or contract that was his last."""


class NoContactRule(RuleBase):
    """Fires once when a customer was last reached `days` days ago; again after the next contact."""

    kind: Literal["no_contact"]
    days: Annotated[int, Field(ge=1, le=3660)]


class NoContactPayload(TypedDict):
    """Nobody has spoken with a customer for long."""

    last_contact_at: str
    days: int


class BirthdayPayload(TypedDict):
    """A birthday, or the anniversary of an organisation's founding, comes up."""

    occasion: Literal["birthday", "founding"]
    name: str | None
    born_on: str
    on: str
    """The day that is told of; of 29 February in other years the 28th."""
    years: int
    """So many are completed on that day."""
    days_before: int
    offers: NotRequired[list[str]]
    """What may be offered then; absent when the rule names nothing."""


class DormancyRule(RuleBase):
    """Fires when a customer's newest entry, on whatever account, is `days` days ago; again after the next entry."""

    kind: Literal["dormancy"]
    days: Annotated[int, Field(ge=1, le=3660)]


class DormancyPayload(TypedDict):
    """Nothing was booked on any account of a customer for long."""

    silent_since: str
    """Day of the newest entry, or on which the newest account was opened."""
    days: int
    accounts: int
    """Those that are not closed."""

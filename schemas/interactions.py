"""Events of contact with a customer: topic `interaction-events`.

Each event is a fact of its own. The entity that `source_seq` orders is the customer as one source sees him: the call
centre and the e-bank number theirs independently.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import EntityId
from schemas.header import Header

__all__ = [
    "CampaignAnswered",
    "CampaignResponse",
    "ContactChannel",
    "ContactDirection",
    "ContactMade",
    "ContactOutcome",
    "InteractionEvent",
    "InterestShown",
    "SatisfactionScored",
]

Note = Annotated[str, Field(max_length=500)]
"""Shorter than other texts: the newest ones stand in the view."""
Product = Annotated[str, Field(min_length=1, max_length=64)]


class ContactChannel(StrEnum):
    """The way bank and customer met."""

    CALL = "call"
    VISIT = "visit"
    BRANCH = "branch"
    MAIL = "mail"
    EMAIL = "email"
    E_BANK = "e_bank"
    OTHER = "other"


class ContactDirection(StrEnum):
    """Who sought the other."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class ContactOutcome(StrEnum):
    """What came of it; a customer who was not reached was not contacted."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    AGREED = "agreed"
    DECLINED = "declined"


class CampaignResponse(StrEnum):
    """What a customer said to a campaign."""

    ACCEPTED = "accepted"
    INTERESTED = "interested"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"


class ContactMade(Header):
    """A call, a visit, a letter."""

    type: Literal["interaction.contact_made"]
    channel: ContactChannel
    direction: ContactDirection
    outcome: ContactOutcome = ContactOutcome.REACHED
    party_id: EntityId | None = None
    """Who spoke for the bank."""
    product: Product | None = None
    note: Note | None = None


class CampaignAnswered(Header):
    """How the customer took an offer of a campaign."""

    type: Literal["interaction.campaign_answered"]
    campaign_id: EntityId
    response: CampaignResponse
    channel: ContactChannel
    product: Product | None = None


class InterestShown(Header):
    """The customer looked at a product or asked about it."""

    type: Literal["interaction.interest_shown"]
    product: Product
    channel: ContactChannel


class SatisfactionScored(Header):
    """The customer's own verdict, 0 (worst) to 10."""

    type: Literal["interaction.satisfaction_scored"]
    score: Annotated[int, Field(ge=0, le=10)]
    survey_id: EntityId | None = None
    comment: Note | None = None


InteractionEvent = ContactMade | CampaignAnswered | InterestShown | SatisfactionScored

"""Events of the party itself and of who looks after it: topic `customer-changes`."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Day, EntityId, Text
from schemas.header import Header

__all__ = [
    "CustomerAmended",
    "CustomerEvent",
    "CustomerKind",
    "CustomerRegistered",
    "CustomerTier",
    "RelationshipAssigned",
    "RelationshipEnded",
    "RelationshipRole",
]

Name = Annotated[str, Field(min_length=1, max_length=200)]


class CustomerKind(StrEnum):
    """A natural person or an organisation."""

    PERSONAL = "personal"
    CORPORATE = "corporate"


class CustomerTier(StrEnum):
    """How much a customer is worth to the bank, from its yearly grading."""

    SMALL = "small"
    MEDIUM = "medium"
    KEY = "key"
    POTENTIAL = "potential"
    TOP = "top"


class RelationshipRole(StrEnum):
    """What somebody is to a customer: one host manager, any number of co-hosts, those who may sign."""

    HOST = "host"
    CO_HOST = "co_host"
    SIGNATORY = "signatory"


class _Party(Header):
    """Party fields an event may state; null means «not stated», which changes nothing."""

    kind: CustomerKind | None = None
    born_on: Day | None = None
    """Birth date of a person, founding date of an organisation."""
    document_number: Annotated[str, Field(max_length=64)] | None = None
    organisation_code: Annotated[str, Field(max_length=64)] | None = None
    phone: Annotated[str, Field(max_length=32)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    address: Text | None = None
    home_branch: EntityId | None = None
    vip: bool | None = None
    tier: CustomerTier | None = None


class CustomerRegistered(_Party):
    """A customer begins; entity: the customer."""

    type: Literal["customer.registered"]
    name: Name
    registered_on: Day


class CustomerAmended(_Party):
    """Some party fields changed; entity: the customer."""

    type: Literal["customer.amended"]
    name: Name | None = None


class RelationshipAssigned(Header):
    """`party_id` (a manager or a person) takes a role with the customer; entity: the relationship."""

    type: Literal["relationship.assigned"]
    relationship_id: EntityId
    role: RelationshipRole
    party_id: EntityId
    account_id: EntityId | None = None
    """For a signatory: the account he may operate; null means all."""


class RelationshipEnded(Header):
    """The relationship is over; entity: the relationship."""

    type: Literal["relationship.ended"]
    relationship_id: EntityId


CustomerEvent = CustomerRegistered | CustomerAmended | RelationshipAssigned | RelationshipEnded

"""What Kafka has to allow c360's user, where it asks (an authorizer with ACLs); one table for all of its processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka.admin import AclOperation, ResourcePatternType, ResourceType

from schemas.topics import CUSTOMER_VIEWS, TOPICS

__all__ = ["GROUP_OPERATIONS", "OWN", "RIGHTS", "TOPIC_OPERATIONS", "Right"]

OWN: Final = "c360-"
"""What begins with it is c360's own: groups, transactional ids, and topics made for a trial and deleted again."""


@dataclass(frozen=True)
class Right:
    """Operations on one resource, or on all that begin with its name."""

    resource: ResourceType
    name: str
    pattern: ResourcePatternType
    operations: Sequence[AclOperation]


TOPIC_OPERATIONS: Final = (
    AclOperation.READ,
    AclOperation.WRITE,
    AclOperation.DESCRIBE,
    AclOperation.CREATE,
    AclOperation.DESCRIBE_CONFIGS,
)
"""On each topic of the contracts; `c360 topics create` alone needs CREATE."""

GROUP_OPERATIONS: Final = (AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DELETE)

RIGHTS: Final = (
    *(Right(ResourceType.TOPIC, name, ResourcePatternType.LITERAL, TOPIC_OPERATIONS) for name in TOPICS),
    # A rebuild makes another generation of the views, and deletes the one that is not wanted any more.
    Right(ResourceType.TOPIC, CUSTOMER_VIEWS, ResourcePatternType.PREFIXED, (*TOPIC_OPERATIONS, AclOperation.DELETE)),
    Right(ResourceType.TOPIC, OWN, ResourcePatternType.PREFIXED, (*TOPIC_OPERATIONS, AclOperation.DELETE)),
    Right(
        ResourceType.GROUP,
        OWN,
        ResourcePatternType.PREFIXED,
        GROUP_OPERATIONS,
    ),
    Right(
        ResourceType.TRANSACTIONAL_ID, OWN, ResourcePatternType.PREFIXED, (AclOperation.WRITE, AclOperation.DESCRIBE)
    ),
)

"""What Kafka allows this user, beside what c360 needs (`ops/rights.py`)."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

from connectors.brokers import Kafka, client_of
from ops.doctor.findings import Finding, fault, ok
from ops.rights import GROUP_OPERATIONS, TOPIC_OPERATIONS

__all__ = ["Allowed", "judge_rights", "look_at_rights"]

ANSWER_SECONDS: Final = 5.0
_NEEDED: Final = {
    # Asked for when a topic or group is made or unmade; that there are enough of these the trial tells.
    "topic": frozenset(TOPIC_OPERATIONS) - {AclOperation.CREATE},
    "group": frozenset(GROUP_OPERATIONS) - {AclOperation.DELETE},
}
_DENIED: Final = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)

Allowed = Mapping[tuple[str, str], Collection[AclOperation]]
"""("topic" or "group", name) -> what is allowed; what the broker does not tell is left out."""


def look_at_rights(bootstrap: Kafka, topics: Collection[str], groups: Collection[str]) -> Allowed:
    """Asked of the broker, resource by resource."""
    admin = AdminClient(client_of(bootstrap, {"client.id": "c360-doctor"}))
    asked: dict[tuple[str, str], Any] = {}
    if topics:
        described = admin.describe_topics(
            TopicCollection(list(topics)), include_authorized_operations=True, request_timeout=ANSWER_SECONDS
        )
        asked |= {("topic", name): future for name, future in described.items()}
    grouped = admin.describe_consumer_groups(
        list(groups), include_authorized_operations=True, request_timeout=ANSWER_SECONDS
    )
    asked |= {("group", name): future for name, future in grouped.items()}
    told = {resource: _allowed(future) for resource, future in asked.items()}
    return {resource: allowed for resource, allowed in told.items() if allowed is not None}


def _allowed(future: Any) -> Collection[AclOperation] | None:
    try:
        allowed: Collection[AclOperation] | None = future.result(ANSWER_SECONDS).authorized_operations
    except KafkaException as error:
        return () if error.args[0].code() in _DENIED else None
    except TimeoutError:
        return None
    # A broker that does not know the question answers with nothing.
    return allowed or None


def judge_rights(user: str, allowed: Allowed) -> Iterator[Finding]:
    """What is missing, a resource each; `user` as Kafka calls him."""
    lacking = False
    for (kind, name), operations in sorted(allowed.items()):
        missing = sorted(operation.name for operation in _NEEDED[kind] - set(operations))
        if missing:
            lacking = True
            said = f"Kafka does not allow {user} {', '.join(missing)} on {kind} {name}."
            options = " ".join(f"--operation {operation}" for operation in missing)
            yield fault("kafka", said, f"Run kafka-acls --add --allow-principal User:{user} {options} --{kind} {name}.")
    if allowed and not lacking:
        yield ok("kafka", f"It allows {user} what c360 needs on topics and groups.")

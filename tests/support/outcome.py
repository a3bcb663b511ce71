"""What the system ended in on the broker, beside what the oracle says it must."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from ops.rule_changes import RuleTopic
from ops.topics import topic_ids
from schemas.events import adapter_of
from schemas.topics import ALERT_TOPICS, CUSTOMER_VIEWS, INPUT_TOPICS
from schemas.views import PARTITION_PREFIX, split_key
from streams.rules.alerts import NAMESPACE
from tests.support.heart import comparable
from tests.support.oracle import Expected, Policy, Record, expected_in_order
from tests.support.oracle_views import Sections
from tests.support.system import committed_records

__all__ = ["alerts_on", "expected_of", "views_on"]


def views_on(bootstrap: str, topic: str = CUSTOMER_VIEWS) -> dict[str, Sections]:
    """The newest section per key of a topic of views, as the oracle gives views."""
    newest: dict[str, dict[str, bytes]] = {}
    for message in committed_records(bootstrap, [topic]):
        owner, section = split_key(message.key().decode())
        if message.value() is None:
            newest.get(owner, {}).pop(section, None)
        elif not owner.startswith(PARTITION_PREFIX):
            newest.setdefault(owner, {})[section] = message.value()
    return comparable(newest)


def alerts_on(bootstrap: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(topic, customer) -> alert records in order, as a read_committed consumer gets them."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for message in committed_records(bootstrap, ALERT_TOPICS):
        alert = orjson.loads(message.value())
        del alert["proof"]["as_of"]
        found.setdefault((message.topic(), message.key().decode()), []).append(alert)
    return found


def expected_of(bootstrap: str, zone: str = "UTC") -> Expected:
    """What the records now in the input topics must end in, partition by partition."""
    ids = topic_ids(bootstrap, INPUT_TOPICS)
    adapters = {topic: adapter_of(topic) for topic in INPUT_TOPICS}
    policy = Policy(RuleTopic(bootstrap).book().rules, ZoneInfo(zone), UUID(str(NAMESPACE)))
    partitions: dict[int, list[Record]] = {}
    for message in committed_records(bootstrap, INPUT_TOPICS):
        topic = message.topic()
        event = adapters[topic].validate_json(message.value())
        record = Record(event, topic, message.offset(), ids[topic], message.partition())
        partitions.setdefault(message.partition(), []).append(record)
    whole = Expected()
    for records in partitions.values():
        part = expected_in_order(records, policy)
        whole.views.update(part.views)
        whole.alerts.update(part.alerts)
    return whole

"""The consumer of schemas/README.md, run as it is printed there."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from ops.contracts.folder import SCHEMAS
from ops.contracts.messages import messages_of
from ops.launcher import Running
from schemas.topics import TOPICS
from tests.support.waiting import eventually

Alerts = Callable[..., Iterator[dict[str, Any]]]


@pytest.fixture
def alerts() -> Alerts:
    """The function that the README shows."""
    printed = re.search(r"```python\n(.*?)```", (SCHEMAS / "README.md").read_text("utf-8"), re.DOTALL)
    assert printed is not None
    names: dict[str, Any] = {}
    exec(printed[1], names)
    found: Alerts = names["alerts"]
    return found


def test_the_sample_of_the_readme_yields_each_alert_record_once(
    alerts: Alerts, running: Running, topic_prefix: str
) -> None:
    admin = AdminClient({"bootstrap.servers": running.kafka_bootstrap, "log_level": 0})
    topic = f"{topic_prefix}alerts.balance"
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    eventually(lambda: topic in admin.list_topics(timeout=60).topics)
    first, second, *_ = (message.example for message in messages_of(TOPICS["alerts.balance"]))
    producer = Producer({"bootstrap.servers": running.kafka_bootstrap, "log_level": 0})
    for alert in (first, first, second, {**first, "revision": 2}):
        producer.produce(topic, json.dumps(alert), alert["customer_id"])
    assert producer.flush(30) == 0
    taken = list(islice(alerts(running.kafka_bootstrap, topic_prefix, [topic]), 3))
    assert taken == [first, second, {**first, "revision": 2}]

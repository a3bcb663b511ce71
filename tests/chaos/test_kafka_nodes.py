"""Three Kafka nodes, one of which dies."""

from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from ops.launcher import Launcher, Running
from ops.settings import Settings


@pytest.mark.chaos
@pytest.mark.kafka
@pytest.mark.slow
def test_two_of_three_nodes_are_enough(running: Running, tmp_path: Path) -> None:
    if running.kafka_tier != "maven":
        pytest.skip(f"the maven tier is not here; Kafka is {running.kafka_tier}")
    launcher = Launcher(Settings(), tier="maven", home=tmp_path, nodes=3)
    with launcher as three:
        admin = AdminClient({"bootstrap.servers": three.kafka_bootstrap})
        (created,) = admin.create_topics([NewTopic("entries", 1, 3)]).values()
        created.result(20)
        launcher.kill_kafka_node(1)
        producer = Producer({"bootstrap.servers": three.kafka_bootstrap, "acks": "all"})
        producer.produce("entries", b"booked")
        assert producer.flush(60) == 0

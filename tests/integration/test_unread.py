"""How far workers are behind, told by projector and API, beside markers of transactions on a real broker."""

from contextlib import closing
from pathlib import Path

import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.group_ends import GroupEnds
from connectors.serving.operations import OperationsWatch
from connectors.sinks.worker_lag import WorkerLag
from ops.settings import load_settings
from ops.status import look
from schemas.topics import DEAD_LETTERS, INPUT_TOPICS, LATE_EVENTS
from tests.support.system import empty_topics
from tests.support.waiting import eventually

TOPIC = "account-changes"


def write_in_a_transaction(bootstrap: str, name: str, topic: str = TOPIC) -> int:
    """One record, and after it the transaction's marker; its partition."""
    partitions: list[int] = []
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name, "log_level": 0})
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(topic, b"{}", "C1", on_delivery=lambda _, message: partitions.append(message.partition() or 0))
    producer.commit_transaction(60)
    (partition,) = partitions
    return partition


def commit(bootstrap: str, group: str, partition: int, offset: int) -> None:
    """As a worker does that has folded what is before `offset`."""
    with closing(Consumer({"bootstrap.servers": bootstrap, "group.id": group, "log_level": 0})) as consumer:
        consumer.commit(offsets=[TopicPartition(TOPIC, partition, offset)], asynchronous=False)


@pytest.mark.kafka
def test_a_marker_at_the_end_of_a_partition_is_nothing_that_workers_have_to_fold(
    kafka_bootstrap: str, redis_url: str, topic_prefix: str
) -> None:
    empty_topics(kafka_bootstrap, seeded=False)
    group = f"{topic_prefix}group"
    partition = write_in_a_transaction(kafka_bootstrap, f"{topic_prefix}replay")
    with redis.Redis.from_url(redis_url) as client:
        lag = WorkerLag(GroupEnds(kafka_bootstrap, lambda: group), INPUT_TOPICS)
        watch = OperationsWatch(kafka_bootstrap, lambda: group, client, 4)

        def told() -> tuple[int | None, int]:
            return lag.behind(), sum(source["lag"] for source in watch.told()["sources"])

        with closing(lag), closing(watch):
            lag.start()
            watch.start()
            # Before the record is committed its marker is counted with it, however often that is looked at.
            eventually(lambda: told() == (2, 2), within=60)
            commit(kafka_bootstrap, group, partition, 1)
            eventually(lambda: told() == (0, 0), within=60)


@pytest.mark.kafka
def test_markers_are_neither_dead_letters_nor_records_to_fold(
    kafka_bootstrap: str, redis_url: str, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, seeded=False)
    settings = load_settings(
        kafka_bootstrap=kafka_bootstrap, redis_url=redis_url, consumer_group=f"{topic_prefix}group", home=tmp_path
    )
    for number, topic in enumerate((DEAD_LETTERS, DEAD_LETTERS, TOPIC)):
        write_in_a_transaction(kafka_bootstrap, f"{topic_prefix}{number}", topic)

    def status() -> tuple[object, ...]:
        seen = look(settings, 0)
        assert seen.lag is not None
        assert seen.aside is not None
        return seen.lag[TOPIC], seen.lag_is_exact, dict(seen.aside)

    with redis.Redis.from_url(redis_url) as client:
        watch = OperationsWatch(kafka_bootstrap, lambda: settings.consumer_group, client, 4)
        watch.start()
        with closing(watch):
            eventually(lambda: status() == (1, True, {DEAD_LETTERS: 2, LATE_EVENTS: 0}), within=60)
            eventually(lambda: (watch.told()["dead_letters"], watch.told()["late_events"]) == (2, 0), within=60)
            write_in_a_transaction(kafka_bootstrap, f"{topic_prefix}more", DEAD_LETTERS)
            eventually(lambda: watch.told()["dead_letters"] == 3, within=60)

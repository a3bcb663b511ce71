"""Taking partitions over on real Kafka: stable positions first, then the high watermark, then all up to it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiokafka
import pytest
from aiokafka.structs import TopicPartition as AiokafkaPartition
from confluent_kafka import Producer, TopicPartition

from schemas.topics import CUSTOMER_VIEWS, INPUT_TOPICS
from streams.lane.positions import BrokerReader
from tests.integration.test_fencing import Member
from tests.support.system import empty_topics

pytestmark = pytest.mark.kafka

INPUT = INPUT_TOPICS[0]


@pytest.fixture
def bootstrap(kafka_bootstrap: str) -> str:
    empty_topics(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture
def reader(bootstrap: str, topic_prefix: str) -> Iterator[BrokerReader]:
    made = BrokerReader({"bootstrap.servers": bootstrap, "log_level": 0}, topic_prefix, True, lambda: False, 30)
    yield made
    made.close()


def a_producer(bootstrap: str, name: str, timeout_ms: int = 60_000) -> Producer:
    """A transactional producer with a transaction begun."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "transactional.id": name,
            "transaction.timeout.ms": timeout_ms,
            "log_level": 0,
        }
    )
    producer.init_transactions(10)
    producer.begin_transaction()
    return producer


def keys_up_to(reader: BrokerReader, end: int) -> list[bytes]:
    """Keys of partition 0 of the changelog."""
    seen: list[bytes] = []
    restore = {0: lambda keys, _values: seen.extend(keys)}
    reader.read(CUSTOMER_VIEWS, {0: 0}, {0: end}, restore, lambda _counts, _positions: None)
    return seen


async def position_as_aiokafka_sees_it(bootstrap: str, group: str) -> int | None:
    """What Faust's own client would begin at."""
    client: Any = aiokafka.AIOKafkaConsumer
    consumer = client(
        bootstrap_servers=bootstrap, group_id=group, isolation_level="read_committed", enable_auto_commit=False
    )
    await consumer.start()
    try:
        found: int | None = await consumer.committed(AiokafkaPartition(INPUT, 0))
        return found
    finally:
        await consumer.stop()


def test_positions_are_those_after_a_transaction_that_was_pending_when_they_were_asked_for(
    bootstrap: str, topic_prefix: str, reader: BrokerReader
) -> None:
    member = Member(bootstrap, topic_prefix)
    metadata: Any = member.membership().metadata()
    producer = a_producer(bootstrap, topic_prefix)
    producer.send_offsets_to_transaction([TopicPartition(INPUT, 0, 5)], metadata, 10)
    producer.commit_transaction(10)
    producer.begin_transaction()
    producer.send_offsets_to_transaction([TopicPartition(INPUT, 0, 7)], metadata, 10)
    with ThreadPoolExecutor() as pool:
        found = pool.submit(reader.committed, [(INPUT, 0)])
        unstable = asyncio.run(position_as_aiokafka_sees_it(bootstrap, topic_prefix))
        producer.commit_transaction(10)
        assert found.result(60) == {(INPUT, 0): 7}
    assert unstable == 5, "aiokafka does not ask for stability: this is why its answer is not used"
    member.consumer.close()


def test_a_take_over_waits_for_a_pending_transaction_to_end(
    bootstrap: str, topic_prefix: str, reader: BrokerReader
) -> None:
    pending = a_producer(bootstrap, topic_prefix, timeout_ms=2_000)
    pending.produce(CUSTOMER_VIEWS, b"{}", b"C1/summary", partition=0)
    assert pending.flush(10) == 0
    # The dead worker's transaction is aborted by the broker after its timeout; only then is the end passed.
    assert keys_up_to(reader, 1) == []


def test_what_commits_after_the_watermark_was_taken_is_read_too(
    bootstrap: str, topic_prefix: str, reader: BrokerReader
) -> None:
    pending = a_producer(bootstrap, topic_prefix)
    pending.produce(CUSTOMER_VIEWS, b"{}", b"C1/summary", partition=0)
    assert pending.flush(10) == 0
    end = reader.ends([(CUSTOMER_VIEWS, 0)])[CUSTOMER_VIEWS, 0]
    assert end == 1, "the high watermark, which a pending record has moved"
    with ThreadPoolExecutor() as pool:
        seen = pool.submit(keys_up_to, reader, end)
        pending.commit_transaction(10)
        assert seen.result(60) == [b"C1/summary"]


def test_a_changelog_that_ends_in_a_marker_is_read_to_its_end(
    bootstrap: str, topic_prefix: str, reader: BrokerReader
) -> None:
    producer = a_producer(bootstrap, topic_prefix)
    producer.produce(CUSTOMER_VIEWS, b"{}", b"C1/summary", partition=0)
    producer.commit_transaction(10)
    producer.begin_transaction()
    producer.produce(CUSTOMER_VIEWS, b"{}", b"C2/summary", partition=0)
    assert producer.flush(10) == 0
    producer.abort_transaction(10)
    end = reader.ends([(CUSTOMER_VIEWS, 0)])[CUSTOMER_VIEWS, 0]
    assert end == 4, "two records, and a marker after each"
    assert keys_up_to(reader, end) == [b"C1/summary"]

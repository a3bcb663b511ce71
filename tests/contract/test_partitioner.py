"""Our producer puts a key where every other producer of the bank does, and where aiokafka looks for it."""

from aiokafka.partitioner import DefaultPartitioner, murmur2
from confluent_kafka import KafkaError, Message

from connectors.sources.publishing import create_producer
from ops.launcher import Running
from ops.topics import create_topics
from schemas.topics import Topic

PARTITIONS = 7


def some_keys() -> list[str]:
    """A thousand: numbers as the mappings make them, short and long ones, and letters beyond ASCII."""
    numbers = [f"B{number:08}" for number in range(700)]
    return [*numbers, *(f"{'x' * (number % 64)}{number}" for number in range(200)), *(f"čř-{n}" for n in range(100))]


def test_a_record_lies_in_the_partition_that_aiokafkas_murmur2_gives(running: Running, topic_prefix: str) -> None:
    topic = f"{topic_prefix}keyed"
    create_topics(running.kafka_bootstrap, PARTITIONS, [Topic(topic, "input", "any", "delete", -1, "Keys")])
    found: dict[bytes, int] = {}

    def report(error: KafkaError | None, message: Message) -> None:
        assert error is None
        found[message.key() or b""] = message.partition() or 0

    producer = create_producer(running.kafka_bootstrap)
    for key in some_keys():
        producer.produce(topic, b"", key, on_delivery=report)
    assert producer.flush(30) == 0
    everywhere = list(range(PARTITIONS))
    expected = {key.encode(): DefaultPartitioner()(key.encode(), everywhere, everywhere) for key in some_keys()}
    assert len(expected) == 1_000
    assert found == expected
    assert set(found.values()) == set(everywhere)


def test_murmur2_is_that_of_kafkas_own_java_client() -> None:
    # From the tests of org.apache.kafka.common.utils.Utils.
    published = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536, b"abc": 479470107}
    assert {key: signed(hashed(key)) for key in published} == published


def hashed(key: bytes) -> int:
    return int(murmur2(key))  # type: ignore[no-untyped-call]


def signed(number: int) -> int:
    """Of 32 bits, as Java has them."""
    return number - (1 << 32) if number >= 1 << 31 else number

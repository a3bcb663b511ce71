"""`customer-views` as the projector reads it: all partitions, committed records only, ends told by the broker.

Positions live in Redis, so partitions are assigned, the group only names the reader, and nothing is committed to
Kafka. Ends come from fetches (end-of-partition events), never from ListOffsets, which the embedded broker answers
inexactly.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.brokers import Kafka, client_of, in_words
from connectors.errors import NoSuchTopic, Unavailable

__all__ = ["End", "Fetched", "Identity", "Record", "ViewsLog"]

_REQUEST_TIMEOUT_S: Final = 5.0
_IDENTITY_EVERY_S: Final = 5.0

_CONSUMER: Final[dict[str, Any]] = {
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "isolation.level": "read_committed",
    # A position that is not there any more means another topic, which is to be noticed, not skipped over.
    "auto.offset.reset": "error",
    # The embedded broker answers a waiting fetch only when its time is up.
    "fetch.wait.max.ms": 20,
    # The default sleeps a second whenever the local queue was full.
    "fetch.queue.backoff.ms": 10,
    "queued.max.messages.kbytes": 32 * 1024,
    "reconnect.backoff.max.ms": 1000,
}


class Record(NamedTuple):
    """A section as it stands in the topic."""

    partition: int
    offset: int
    key: str
    value: bytes | None
    timestamp_ms: int


class End(NamedTuple):
    """The partition had nothing at or after `offset` when last fetched."""

    partition: int
    offset: int


class Fetched(NamedTuple):
    """What was there, records of a partition in order."""

    records: list[Record]
    ends: list[End]


@dataclass(frozen=True)
class Identity:
    """Which topic it is: a recreated one has another id."""

    topic_id: str
    partitions: tuple[int, ...]


class ViewsLog:
    """Reads the topic. Every way in which Kafka is not usable now is an `Unavailable`."""

    def __init__(self, bootstrap: Kafka, topic: str, group: str, monotonic: Callable[[], float]) -> None:
        self.topic = topic
        self.where = str(bootstrap)
        self._monotonic = monotonic
        self._trouble: str | None = None
        common: dict[str, Any] = client_of(bootstrap, {"error_cb": self._on_error})
        self._admin = AdminClient(common)
        self._consumer = Consumer(common | _CONSUMER | {"group.id": group})
        self._identity: Identity | None = None
        self._asked: Future[Any] | None = None
        self._asked_at = 0.0

    def turn_to(self, topic: str) -> None:
        """From the next `identify` on read this topic."""
        if topic != self.topic:
            self.release()
            self.topic = topic

    def identify(self) -> Identity:
        """Ask which topic this is; waits for the answer."""
        self._ask()
        self._identity = self._answer()
        return self._identity

    def assign(self, positions: Mapping[int, int]) -> None:
        """Read these partitions from these offsets on."""
        self._consumer.assign([TopicPartition(self.topic, n, offset) for n, offset in positions.items()])

    def release(self) -> None:
        """Stop reading, and drop what was fetched ahead."""
        self._consumer.unassign()

    def take(self, limit: int, wait_s: float) -> Fetched:
        """Up to `limit` messages: those that are there, else those that come first within `wait_s`."""
        self._watch()
        first = self._consumer.poll(wait_s)
        if first is None:
            return Fetched([], [])
        # consume() waits until it has as many as asked for, so it only takes what is there already.
        return self._sorted_out([first, *self._consumer.consume(limit - 1, 0)])

    def idle(self) -> None:
        """Let the client go on while nothing is assigned."""
        self._consumer.poll(0)

    def high(self, partition: int) -> int:
        """The partition's end as the newest fetch knew it, or 0 before there was one."""
        _, high = self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), cached=True)
        return max(int(high), 0)

    @property
    def trouble(self) -> str | None:
        """Why Kafka can't be reached since a while, or None while it answers."""
        return self._trouble

    def close(self) -> None:
        """End all connections."""
        self._consumer.close()

    def _sorted_out(self, messages: Sequence[Message]) -> Fetched:
        fetched = Fetched([], [])
        for message in messages:
            error = message.error()
            if error is None:
                record = _record(message)
                if record is not None:
                    fetched.records.append(record)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  the library's public name
                fetched.ends.append(_end(message))
            else:
                raise Unavailable("kafka", in_words(error), self.where)
        self._trouble = None
        return fetched

    def _watch(self) -> None:
        """Now and then see that the broker answers, and that the topic is still the same one; never waits."""
        if self._asked is None:
            if self._monotonic() - self._asked_at >= _IDENTITY_EVERY_S:
                self._ask()
        elif self._asked.done():
            try:
                found = self._answer()
            except Unavailable as error:
                self._trouble = error.reason
                return
            self._trouble = None
            if found != self._identity:
                raise Unavailable("kafka", f"topic {self.topic} was deleted and created anew", self.where)

    def _ask(self) -> None:
        self._asked_at = self._monotonic()
        collection = TopicCollection([self.topic])
        self._asked = self._admin.describe_topics(collection, request_timeout=_REQUEST_TIMEOUT_S)[self.topic]

    def _answer(self) -> Identity:
        asked, self._asked = self._asked, None
        assert asked is not None
        try:
            found = asked.result()
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from error
        return Identity(str(found.topic_id), tuple(sorted(partition.id for partition in found.partitions)))

    def _unavailable(self, error: KafkaError) -> Unavailable:
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return NoSuchTopic(self.topic, self.where)
        return Unavailable("kafka", self._trouble or in_words(error), self.where)

    def _on_error(self, error: KafkaError) -> None:
        # Single brokers come and go; that none is left is what matters, and librdkafka keeps trying by itself.
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  the library's public name
            self._trouble = "no broker can be reached"


def _end(message: Message) -> End:
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return End(partition, offset)


def _record(message: Message) -> Record | None:
    """The message as a record, or None when its key is none of this topic's contract."""
    try:
        key = (message.key() or b"").decode()
    except UnicodeDecodeError:
        return None
    if "/" not in key:
        return None
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return Record(partition, offset, key, message.value(), message.timestamp()[1])

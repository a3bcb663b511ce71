"""What the broker holds, found out by one who takes no part: ends, a group's positions, whole topics.

Nothing here relies on ListOffsets being exact (the embedded broker's is not): an end is where a fetch met it.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from time import monotonic
from typing import Any, Final, NamedTuple

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.brokers import Kafka, onlooker_of
from ops.errors import OperatorError

__all__ = ["Broker", "Entry", "TopicPartitions"]

TopicPartitions = Mapping[tuple[str, int], int]
"""(topic, partition) -> offset."""

ANSWER_SECONDS: Final = 20.0
_LEADERLESS: Final = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
_LEADER_PAUSE: Final = 0.1


class Entry(NamedTuple):
    """A committed record."""

    partition: int
    offset: int
    key: bytes
    value: bytes | None


class Broker:
    """Reads; writes nothing, joins no group, commits no position. OperatorError when Kafka does not answer."""

    def __init__(self, bootstrap: Kafka, group: str) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._asking: Consumer | None = None
        """Kept for the questions asked again and again."""

    def close(self) -> None:
        """End the connection."""
        if self._asking is not None:
            self._asking.close()
            self._asking = None

    def ends(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """The next offset of every partition: its high watermark, pending transactions and all."""
        with closing(self._consumer("read_uncommitted")) as consumer:
            try:
                partitions = self._partitions(consumer, topics)
                # One before what the broker says is the end, so that a fetch meets the true one.
                starts = [_near_the_end(consumer, topic, partition) for topic, partition in partitions]
            except KafkaException as error:
                raise self._silent(error.args[0].str()) from None
            return self._follow(consumer, starts, [])

    def committed(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The group's stable positions; 0 where it has none."""
        wanted = [TopicPartition(topic, partition) for topic, partition in partitions]
        if self._asking is None:
            # Under read_committed librdkafka asks for positions that no pending transaction can move.
            self._asking = self._consumer("read_committed")
        try:
            found = self._asking.committed(wanted, timeout=ANSWER_SECONDS)
        except KafkaException as error:
            raise self._silent(error.args[0].str()) from None
        return {(tp.topic, tp.partition): 0 if tp.offset == OFFSET_INVALID else tp.offset for tp in found}

    def read(self, topics: Sequence[str]) -> list[Entry]:
        """Every committed record of the topics, up to their ends as they are now; those of a partition in order."""
        ends = self.ends(topics)
        entries: list[Entry] = []
        with closing(self._consumer("read_committed")) as consumer:
            starts = [TopicPartition(name, partition, 0) for name, partition in ends]
            self._follow(consumer, starts, entries, ends)
        return entries

    def _consumer(self, isolation: str) -> Consumer:
        others = {"client.id": "c360-demo", "isolation.level": isolation, "fetch.wait.max.ms": 10}
        return Consumer(onlooker_of(self._bootstrap, self._group, **others))

    def _partitions(self, consumer: Consumer, topics: Sequence[str]) -> list[tuple[str, int]]:
        found = consumer.list_topics(timeout=ANSWER_SECONDS).topics
        missing = [topic for topic in topics if topic not in found]
        if missing:
            raise OperatorError(
                f"Kafka at {self._bootstrap} has no topic {', '.join(missing)}: run `c360 topics create` first."
            )
        return [(topic, partition) for topic in topics for partition in sorted(found[topic].partitions)]

    def _follow(
        self,
        consumer: Consumer,
        starts: Sequence[TopicPartition],
        entries: list[Entry],
        ends: TopicPartitions | None = None,
    ) -> dict[tuple[str, int], int]:
        """Read on from `starts` until every end is met (and is at or past that of `ends`); the ends met."""
        met: dict[tuple[str, int], int] = {}
        consumer.assign(list(starts))
        moved_at = monotonic()
        while len(met) < len(starts):
            messages = consumer.consume(num_messages=5_000, timeout=0.05)
            for message in messages:
                error = message.error()
                if error is None:
                    entries.append(_entry(message))
                elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  the library's public name
                    raise self._silent(error.str())
                else:
                    _note_end(message, ends, met)
            if messages:
                moved_at = monotonic()
            elif monotonic() - moved_at > ANSWER_SECONDS:
                raise self._silent("nothing more came before the end of a partition was met")
        return met

    def _silent(self, reason: str) -> OperatorError:
        return OperatorError(f"Kafka at {self._bootstrap} can't be read: {reason}.")


def _near_the_end(consumer: Consumer, topic: str, partition: int) -> TopicPartition:
    until = monotonic() + ANSWER_SECONDS
    while True:
        try:
            begin, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_SECONDS)
        except KafkaException as error:
            # A topic just created: the controller knows its leader sooner than that one does itself.
            if error.args[0].code() not in _LEADERLESS or monotonic() >= until:
                raise
            consumer.poll(_LEADER_PAUSE)
        else:
            return TopicPartition(topic, partition, max(begin, end - 1))


def _entry(message: Message) -> Entry:
    value: Any = message.value()
    key: Any = message.key()
    return Entry(message.partition() or 0, message.offset() or 0, key or b"", value)


def _note_end(message: Message, ends: TopicPartitions | None, met: dict[tuple[str, int], int]) -> None:
    at = (message.topic() or "", message.partition() or 0)
    offset = message.offset() or 0
    # Before the high watermark it is the first record of a pending transaction: its marker is yet to come.
    if ends is None or offset >= ends[at]:
        met[at] = offset

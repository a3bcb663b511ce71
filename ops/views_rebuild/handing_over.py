"""Which partitions a generation has taken over, told by what it commits."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.brokers import Kafka, onlooker_of
from ops.errors import OperatorError
from schemas.generations import views_topic
from schemas.views import PARTITION_PREFIX, PROGRESS, split_key

__all__ = ["ProgressOf"]

ANSWER_SECONDS: Final = 20.0
AT_ONCE: Final = 5_000


class ProgressOf:
    """The progress of each partition of a generation, read on from where it was last looked at."""

    def __init__(self, bootstrap: Kafka, generation: int, *, from_end: bool = False) -> None:
        """All of its topic is read, or what is written `from_end` on. OperatorError when it can't be."""
        self._bootstrap = bootstrap
        self._topic = views_topic(generation)
        self._consumer = Consumer(onlooker_of(bootstrap, "c360-rebuild"))
        self._progress: dict[int, Mapping[str, Any]] = {}
        try:
            known = self._consumer.list_topics(timeout=ANSWER_SECONDS).topics
            if self._topic not in known:
                raise OperatorError(f"Kafka at {bootstrap} has no topic {self._topic}.")
            begins = [TopicPartition(self._topic, number, 0) for number in known[self._topic].partitions]
            for begin in begins if from_end else ():
                begin.offset = self._consumer.get_watermark_offsets(begin, timeout=ANSWER_SECONDS)[1]
            self._consumer.assign(begins)
        except KafkaException as error:
            raise self._unreadable(error.args[0].str()) from None
        self.partitions = len(begins)

    def follows(self, switch: int) -> int:
        """How many partitions have followed that switch, of what is written by now."""
        return sum(found.get("handed_over", 0) == switch for found in self._progress.values())

    def read(self, seconds: float) -> bool:
        """Read what comes within that time; whether all ends were met once since the beginning or the last call."""
        met: set[int | None] = set()
        while len(met) < self.partitions:
            messages = self._consumer.consume(AT_ONCE, seconds)
            if not messages:
                return False
            for message in messages:
                error = message.error()
                if error is None:
                    self._take(message.key() or b"", message.value(), message.partition() or 0)
                elif error.code() == error._PARTITION_EOF:  # noqa: SLF001  the library's public name
                    met.add(message.partition())
                else:
                    raise self._unreadable(error.str())
        return True

    def close(self) -> None:
        """End the connection."""
        self._consumer.close()

    def _take(self, key: bytes, value: bytes | None, partition: int) -> None:
        owner, section = split_key(key.decode())
        if owner.startswith(PARTITION_PREFIX) and section == PROGRESS and value is not None:
            self._progress[partition] = orjson.loads(value)

    def _unreadable(self, reason: str) -> OperatorError:
        return OperatorError(f"{self._topic} can't be read from Kafka at {self._bootstrap}: {reason}.")

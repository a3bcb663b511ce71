"""The alert topics as a consumer of alerts should read them: committed records only, from all partitions."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from pydantic import ValidationError

from connectors.brokers import Kafka, in_words, onlooker_of
from connectors.errors import Unavailable
from schemas.alerts import Alert
from schemas.topics import ALERT_TOPICS

__all__ = ["AlertFeed", "Published"]

_TIMEOUT_S: Final = 5.0


class Published(NamedTuple):
    """An alert as it was published."""

    topic: str
    partition: int
    offset: int
    value: bytes
    alert: Alert | None
    """None when the bytes are no alert, which no worker publishes."""


class AlertFeed:
    """Reads all alert topics, from their beginning or from now on. Raises `Unavailable` when Kafka does not answer."""

    def __init__(self, bootstrap: Kafka, *, from_start: bool, topics: Sequence[str] = ALERT_TOPICS) -> None:
        settings = onlooker_of(bootstrap, "c360-alerts-tail", **{"fetch.wait.max.ms": 50, "error_cb": self._on_error})
        self.trouble: str | None = None
        """Why nothing comes since a while, or None; the client keeps trying by itself."""
        self._consumer = Consumer(settings)
        start = OFFSET_BEGINNING if from_start else OFFSET_END
        assigned = [TopicPartition(name, n, start) for name in topics for n in self._partitions(name)]
        self._consumer.assign(assigned)
        # The embedded broker's END may lie before the end: what comes before a partition's first end is old.
        self._old = set() if from_start else {(position.topic, position.partition) for position in assigned}

    def take(self, wait_s: float) -> list[Published]:
        """What was published meanwhile; waits for the first up to `wait_s`."""
        first = self._consumer.poll(wait_s)
        if first is None:
            return []
        self.trouble = None
        messages = [first, *self._consumer.consume(500, 0)]
        return [_published(message) for message in messages if self._is_new(message)]

    @property
    def following(self) -> bool:
        """Whether all that was there before has been passed over, so that whatever comes is new."""
        return not self._old

    def close(self) -> None:
        """End the connection."""
        self._consumer.close()

    def _partitions(self, topic: str) -> list[int]:
        try:
            found = self._consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
        except KafkaException as error:
            raise Unavailable("kafka", in_words(error.args[0])) from error
        if found.error is not None:
            raise Unavailable("kafka", f"topic {topic}: {in_words(found.error)}")
        return list(found.partitions)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  the library's public name
            self.trouble = "no broker can be reached"

    def _is_new(self, message: Message) -> bool:
        standing = (message.topic(), message.partition())
        error = message.error()
        if error is None:
            return standing not in self._old
        if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  the library's public name
            raise Unavailable("kafka", in_words(error))
        self._old.discard(standing)
        return False


def _published(message: Message) -> Published:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    value = message.value() or b""
    try:
        alert = Alert.model_validate_json(value)
    except ValidationError:
        alert = None
    return Published(topic, partition, offset, value, alert)

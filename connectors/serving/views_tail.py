"""Follows `customer-views` as it is written, in a thread of its own: committed changes, a batch at a time."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.brokers import Kafka, client_of, in_words
from schemas.topics import CUSTOMER_VIEWS
from schemas.views import PARTITION_PREFIX, split_key

__all__ = ["Batch", "ViewsTail"]

_TIMEOUT_S: Final = 5.0
_GRACE_S: Final = 2.0
_AGAIN_S: Final = 2.0
_AT_ONCE: Final = 2_000

_LOST: Final = {
    KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001  the library's public names
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
}
"""By these the place in the topic is gone; after all others it goes on where it was."""

Batch = Sequence[tuple[str, dict[str, bytes | None]]]

logger = logging.getLogger("c360.api")


class ViewsTail:
    """Hands every batch to `take`, from this thread."""

    def __init__(
        self,
        bootstrap: Kafka,
        take: Callable[[Batch], object],
        topic: Callable[[], str] = lambda: CUSTOMER_VIEWS,
        turned: Callable[[], object] = lambda: None,
    ) -> None:
        """`topic` is asked again and again, and the one that it names is followed from its end on.

        `turned` is called whenever that begins, also after Kafka did not answer: what was written before is not told.
        """
        self._take = take
        self._topic = topic
        self._turned = turned
        settings: dict[str, Any] = {
            "group.id": "c360-api-follows-views",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            # A place that is gone is begun anew and told of, not passed over.
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 50,
            "fetch.error.backoff.ms": 100,
        }
        self._consumer = Consumer(client_of(bootstrap, settings))
        self._where = f"Kafka at {bootstrap}"
        self._told: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="views-tail", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; nothing is handed out once this returns."""
        self._stop.set()
        # It may be waiting for a Kafka that does not answer, and ends with the process.
        if self._thread.is_alive():
            self._thread.join(_GRACE_S)
        if not self._thread.is_alive():
            self._consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                topic = self._topic()
                self._assign(topic)
                if not self._stop.is_set():
                    self._turned()
                while not self._stop.is_set() and topic == self._topic():
                    self._follow()
            except KafkaException as error:
                self._tell(in_words(error.args[0]))
                self._stop.wait(_AGAIN_S)

    def _tell(self, trouble: str) -> None:
        """Once for each reason, as long as it lasts."""
        if trouble not in self._told:
            logger.warning("Changes of views in %s can't be followed (%s): trying again", self._where, trouble)
        self._told.add(trouble)

    def _assign(self, topic: str) -> None:
        found = self._consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        # The end is asked for, not left to be found at the first fetch: what comes meanwhile is not to be missed.
        ends = [TopicPartition(topic, number) for number in found.partitions]
        for end in ends:
            end.offset = self._consumer.get_watermark_offsets(end, timeout=_TIMEOUT_S)[1]
        self._consumer.assign(ends)
        self._told.clear()
        logger.info("Changes of views in %s are followed from now on", topic)

    def _follow(self) -> None:
        messages = self._consumer.consume(1, 0.2)
        if messages:
            messages += self._consumer.consume(_AT_ONCE, 0)
            lost = [error for message in messages if (error := message.error()) and error.code() in _LOST]
            if lost:
                raise KafkaException(lost[0])
            batch = _by_customer(messages)
            if batch and not self._stop.is_set():
                self._take(batch)


def _by_customer(messages: Sequence[Message]) -> Batch:
    changed: dict[str, dict[str, bytes | None]] = {}
    for message in messages:
        key = message.key()
        if message.error() is None and key is not None:
            customer_id, section = split_key(key.decode())
            if not customer_id.startswith(PARTITION_PREFIX):
                changed.setdefault(customer_id, {})[section] = message.value()
    return list(changed.items())

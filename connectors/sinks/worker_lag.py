"""How far the workers are behind their input, so that a lookup can say why a view is old without asking Kafka."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.brokers import Kafka, client_of
from connectors.unread import ASKING, Unread

__all__ = ["WorkerLag"]

_EVERY_S: Final = 2.0
_REQUEST_TIMEOUT_S: Final = 5.0


class WorkerLag:
    """Compares the ends of the input topics with the group's committed positions, in a thread of its own.

    On the embedded broker, whose ends are inexact, the figure may be too low by the size of the last batch.
    """

    def __init__(self, bootstrap: Kafka, group: Callable[[], str | None], topics: Sequence[str]) -> None:
        """`group` says which one it is now; None: that is not known."""
        self._bootstrap = bootstrap
        self._topics = topics
        self._group = group
        self._asked: str | None = None
        self._consumer: Consumer | None = None
        self._unread = Unread()
        self._behind: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="worker-lag", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def behind(self) -> int | None:
        """Input records that no worker has committed, as of a few seconds ago; None while Kafka does not answer."""
        return self._behind

    def close(self) -> None:
        """Stop asking."""
        self._stop.set()
        self._thread.join()
        if self._consumer is not None:
            self._consumer.close()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self._behind = self._measure()
            except KafkaException:
                self._behind = None
            self._stop.wait(_EVERY_S)

    def _of(self, group: str) -> Consumer:
        if self._consumer is None or group != self._asked:
            if self._consumer is not None:
                self._consumer.close()
            # A consumer that does not subscribe is no member of the group: it only asks.
            self._consumer = Consumer(client_of(self._bootstrap, {"group.id": group, **ASKING}))
            self._asked = group
        return self._consumer

    def _measure(self) -> int | None:
        group = self._group()
        if group is None:
            return None
        consumer = self._of(group)
        known = consumer.list_topics(timeout=_REQUEST_TIMEOUT_S).topics
        asked = [
            TopicPartition(name, partition)
            for name in self._topics
            if name in known
            for partition in known[name].partitions
        ]
        committed = consumer.committed(asked, timeout=_REQUEST_TIMEOUT_S) if asked else []
        return sum(self._missing(consumer, position) for position in committed)

    def _missing(self, consumer: Consumer, position: TopicPartition) -> int:
        low, high = consumer.get_watermark_offsets(position, timeout=_REQUEST_TIMEOUT_S)
        return self._unread.of(consumer, position, low, high)

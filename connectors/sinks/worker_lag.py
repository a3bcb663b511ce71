"""How far the workers are behind their input, so that a lookup can say why a view is old without asking Kafka."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import KafkaException

from connectors.brokers import Kafka
from connectors.group_ends import GroupEnds, Standing
from connectors.last_look import LastLook

__all__ = ["WorkerLag"]

_EVERY_S: Final = 2.0


class WorkerLag:
    """Compares the ends of the input topics with the group's committed positions, in a thread of its own.

    On the embedded broker, whose ends are inexact, the figure may be too low by the size of the last batch.
    """

    def __init__(self, bootstrap: Kafka, group: Callable[[], str | None], topics: Sequence[str]) -> None:
        """`group` says which one it is now; None: that is not known."""
        self._topics = topics
        self._ends = GroupEnds(bootstrap, group)
        self._behind: int | None = None
        self._last = LastLook[tuple[str, int]]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="worker-lag", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def behind(self) -> int | None:
        """Input records that stood there 2 s before the last look and were committed by no worker at that look.

        None while Kafka does not answer. At the first look all that is not committed counts.
        """
        return self._behind

    def close(self) -> None:
        """Stop asking."""
        self._stop.set()
        self._thread.join()
        self._ends.close()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self._behind = self._measure()
            except KafkaException:
                self._behind = None
            self._stop.wait(_EVERY_S)

    def _measure(self) -> int | None:
        ends = self._ends.of(self._topics)
        if ends is None:
            return None
        behind = sum(self._ends.unread(self._by_now(each)) for found in ends.values() for each in found)
        self._last.over()
        return behind

    def _by_now(self, standing: Standing) -> Standing:
        partition = standing.position.topic, standing.position.partition
        return standing._replace(high=self._last.end(partition, standing.high))

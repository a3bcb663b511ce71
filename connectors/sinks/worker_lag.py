"""How far the workers are behind their input, so that a lookup can say why a view is old without asking Kafka."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import KafkaException

from connectors.brokers import Kafka
from connectors.group_ends import GroupEnds

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
        return None if ends is None else sum(self._ends.unread(each) for found in ends.values() for each in found)

"""How far the workers are behind their input, so that a lookup can say why a view is old without asking Kafka."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from confluent_kafka import KafkaException

from connectors.group_ends import Ends, Standing
from connectors.last_look import LastLook

__all__ = ["WorkerLag"]

_EVERY_S: Final = 2.0
_LOOK_LASTS_S: Final = 5.0


class AsksKafka(Protocol):
    """`GroupEnds`."""

    def of(self, topics: Sequence[str], /) -> Ends | None:
        """All partitions of these topics; None while the group is not known. KafkaException: Kafka does not answer."""

    def unread(self, standing: Standing, /) -> int:
        """Records that the group has not committed."""

    def close(self) -> None:
        """Let go of the connection."""


class WorkerLag:
    """Compares the ends of the input topics with the group's committed positions, in a thread of its own.

    On the embedded broker, whose ends are inexact, the figure may be too low by the size of the last batch.
    """

    def __init__(self, ends: AsksKafka, topics: Sequence[str], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`ends` is closed with this."""
        self._topics = topics
        self._ends = ends
        self._monotonic = monotonic
        self._behind: int | None = None
        self._last = LastLook[tuple[str, int]](_LOOK_LASTS_S)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="worker-lag", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def behind(self) -> int | None:
        """Input records that no worker has committed though they stood there at the look before; None: not known.

        Kafka is looked at every 2 s, and whatever came between two looks is under way. With no look in the 5 s before
        all that is not committed counts.
        """
        return self._behind

    def close(self) -> None:
        """Stop asking."""
        self._stop.set()
        self._thread.join()
        self._ends.close()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(_EVERY_S)

    def look(self) -> None:
        """Ask once."""
        try:
            self._behind = self._measure()
        except KafkaException:
            self._behind = None
        if self._behind is None:
            self._last.forget()

    def _measure(self) -> int | None:
        at = self._monotonic()
        ends = self._ends.of(self._topics)
        if ends is None:
            return None
        standings = {_partition(each): each for found in ends.values() for each in found}
        due = self._last.due({partition: each.high for partition, each in standings.items()}, at)
        return sum(self._ends.unread(each._replace(high=due[partition])) for partition, each in standings.items())


def _partition(standing: Standing) -> tuple[str, int]:
    return standing.position.topic, standing.position.partition

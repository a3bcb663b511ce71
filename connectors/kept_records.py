"""How many committed records there are in partitions, of which markers of transactions are none: found by reading them.

Offsets tell no number of records: each transaction ends with a marker that takes one, in every partition it wrote to.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from time import monotonic
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from connectors.brokers import Kafka, onlooker_of

__all__ = ["KeptRecords", "Part", "Place", "RecordOffsets"]

Place = tuple[str, int]
"""A topic and the number of a partition."""

_AT_ONCE: Final = 1_000
_POLL_S: Final = 0.1
_MOST: Final = 10_000
_SECONDS: Final = 5.0


class Part(NamedTuple):
    """What was read of a partition."""

    offsets: list[int]
    """Of the committed records, in order."""
    until: int
    """The offset before which that holds."""
    is_all: bool = False
    """Whether the end was met, or a transaction that is not decided yet."""


class RecordOffsets:
    """Reads the offsets of committed records; for one thread. A client that is no member of a group."""

    def __init__(self, bootstrap: Kafka) -> None:
        self._consumer = Consumer(onlooker_of(bootstrap, "c360-counts"))

    def read(self, starts: Mapping[Place, int], most: int = _MOST, seconds: float = _SECONDS) -> dict[Place, Part]:
        """From each start to the end, or to a transaction that is not decided yet.

        It ends earlier after about `most` records, and when Kafka has been silent for so long.
        """
        found = {place: Part([], start) for place, start in starts.items()}
        self._consumer.assign([TopicPartition(*place, start) for place, start in starts.items()])
        left, until = most, monotonic() + seconds
        while not all(part.is_all for part in found.values()) and left > 0 and monotonic() < until:
            messages = self._consumer.consume(_AT_ONCE, _POLL_S)
            for message in messages:
                _note(message, found)
            left -= len(messages)
            until = monotonic() + seconds if messages else until
        self._consumer.unassign()
        return found

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


def _note(message: Message, found: dict[Place, Part]) -> None:
    place, offset = (message.topic() or "", message.partition() or 0), message.offset() or 0
    error = message.error()
    if place not in found or (error is not None and error.code() != KafkaError._PARTITION_EOF):  # noqa: SLF001  public
        return
    offsets, until, _ = found[place]
    if error is None:
        offsets.append(offset)
        found[place] = Part(offsets, offset + 1)
    else:
        found[place] = Part(offsets, max(until, offset), is_all=True)


class KeptRecords:
    """Counts what partitions keep, each offset read once: asked again, only what came since is read."""

    def __init__(self, bootstrap: Kafka) -> None:
        self._reads = RecordOffsets(bootstrap)
        self._offsets: dict[Place, array[int]] = {}
        self._until: dict[Place, int] = {}

    def of(self, ends: Mapping[Place, tuple[int, int]]) -> int | None:
        """Committed records between the first offset and the end of each place, all together.

        None while there is more than could be read by now: asked again, it goes on where it was.
        """
        for place, (low, high) in ends.items():
            if self._until.get(place, 0) > high:
                # The topic was made anew.
                self._offsets.pop(place, None)
                self._until.pop(place, None)
            self._until[place] = max(low, self._until.get(place, low))
        behind = {place: self._until[place] for place, (_, high) in ends.items() if self._until[place] < high}
        found = self._reads.read(behind) if behind else {}
        for place, part in found.items():
            self._offsets.setdefault(place, array("q")).extend(part.offsets)
            self._until[place] = part.until
        if not all(part.is_all for part in found.values()):
            return None
        return sum(self._kept(place, low) for place, (low, _) in ends.items())

    def close(self) -> None:
        """Let go of the connection."""
        self._reads.close()

    def _kept(self, place: Place, low: int) -> int:
        """Those that were not deleted since they were counted."""
        offsets = self._offsets.get(place, array("q"))
        return len(offsets) - bisect_left(offsets, low)

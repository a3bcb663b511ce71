"""One partition of all input topics as one stream in event-time order."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.clock import ClockTicked
from schemas.events import CustomerScoped
from streams.codec import Malformed

__all__ = ["EventTimeMerge", "Item"]


@dataclass(frozen=True, slots=True)
class Item:
    """A record at its position, opened: an event, a tick, or what is wrong with it."""

    topic: str
    offset: int
    timestamp_ms: int
    """Kafka's timestamp of the record."""
    key: bytes | None
    value: bytes | None
    event: CustomerScoped | ClockTicked | None
    malformed: Malformed | None


class EventTimeMerge:
    """Buffers the topics of one partition and releases their records merged by their heads.

    Of the heads of all topics the one with the least (`occurred_at`, rank of the topic as given) goes first; within a
    topic offsets keep their order; a record without an instant (malformed) goes as soon as it is a head. While a topic
    has nothing buffered and is not caught up, nothing is released: its next record might be older. The rule holds no
    state besides the buffers, so a replay from any committed positions releases the same order.
    """

    def __init__(self, topics: Iterable[str]) -> None:
        self._buffers: dict[str, deque[Item]] = {topic: deque() for topic in topics}
        self._caught_up: set[str] = set()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def buffered_of(self, topic: str) -> int:
        """Records of one topic that wait."""
        return len(self._buffers[topic])

    def add(self, topic: str, items: Iterable[Item]) -> None:
        """Append records of a topic, in offset order."""
        buffer = self._buffers[topic]
        before = len(buffer)
        buffer.extend(items)
        self._size += len(buffer) - before

    def set_caught_up(self, topic: str, caught_up: bool) -> None:
        """Whether all that the topic holds has been added."""
        if caught_up:
            self._caught_up.add(topic)
        else:
            self._caught_up.discard(topic)

    def waiting_for(self) -> list[str]:
        """The topics that hold the others back: nothing buffered, and not caught up."""
        return [topic for topic, buffer in self._buffers.items() if not buffer and topic not in self._caught_up]

    def clear(self) -> None:
        """Forget all that is buffered; no topic counts as caught up any more."""
        for buffer in self._buffers.values():
            buffer.clear()
        self._caught_up.clear()
        self._size = 0

    def release(self, limit: int) -> Iterator[Item]:
        """The next at most `limit` records that nothing can overtake any more."""
        if self.waiting_for():
            return
        # The buffers stand in the order of the topics given, and min() takes the first of equals: the tie rule.
        heads = {topic: _instant(buffer[0]) for topic, buffer in self._buffers.items() if buffer}
        released = 0
        while heads and released < limit:
            topic = min(heads, key=heads.__getitem__)
            bound = min((at for other, at in heads.items() if other != topic), default=None)
            buffer = self._buffers[topic]
            # A run: this topic's records as long as they stand strictly before every other head. The first one
            # goes by the tie rule above.
            while True:
                yield buffer.popleft()
                self._size -= 1
                released += 1
                if not buffer:
                    break
                heads[topic] = at = _instant(buffer[0])
                if released >= limit or (bound is not None and at >= bound):
                    break
            if not buffer:
                del heads[topic]
                if topic not in self._caught_up:
                    return


_EARLIEST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _instant(item: Item) -> datetime:
    return _EARLIEST if item.event is None else item.event.occurred_at

"""One partition of all input topics as one stream in event-time order."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from schemas.events import Event
from streams.codec import Malformed
from streams.records import Record

__all__ = ["EventTimeMerge", "Item", "Run"]

Item = tuple[Event | Malformed, Record]
"""What a record holds, an event or a tick, or what is wrong with it; a plain tuple, for there is one a record."""

Run = tuple[str, list[Item]]
"""A topic, and records of it that follow each other."""


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

    def __len__(self) -> int:
        return sum(map(len, self._buffers.values()))

    def buffered_of(self, topic: str) -> int:
        """Records of one topic that wait."""
        return len(self._buffers[topic])

    def add(self, topic: str, items: Iterable[Item]) -> None:
        """Append records of a topic, in offset order."""
        self._buffers[topic].extend(items)

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

    def release(self, limit: int) -> list[Run]:
        """The next at most `limit` records that nothing can overtake any more."""
        runs: list[Run] = []
        if self.waiting_for():
            return runs
        # The buffers stand in the order of the topics given, and min() takes the first of equals: the tie rule.
        heads = {topic: _instant(buffer[0]) for topic, buffer in self._buffers.items() if buffer}
        while heads and limit > 0:
            topic = min(heads, key=heads.__getitem__)
            del heads[topic]
            buffer = self._buffers[topic]
            run = _run(buffer, min(heads.values(), default=None), limit)
            runs.append((topic, run))
            limit -= len(run)
            if buffer:
                # Back to its place among the equals.
                heads[topic] = _instant(buffer[0])
                heads = {name: heads[name] for name in self._buffers if name in heads}
            elif topic not in self._caught_up:
                break
        return runs


def _run(buffer: deque[Item], bound: datetime | None, limit: int) -> list[Item]:
    """The first record, which goes by the tie rule, and those after it that stand strictly before every other head."""
    take = buffer.popleft
    if bound is None:
        return [take() for _ in range(min(limit, len(buffer)))]
    run = [take()]
    while buffer and len(run) < limit:
        event = buffer[0][0]
        # As `_instant` says, which is not called for every record.
        if not isinstance(event, Malformed) and event.occurred_at >= bound:
            break
        run.append(take())
    return run


_EARLIEST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _instant(item: Item) -> datetime:
    event = item[0]
    return _EARLIEST if isinstance(event, Malformed) else event.occurred_at

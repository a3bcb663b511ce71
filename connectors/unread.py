"""How many records of an input partition its group has not committed yet, of which markers of transactions are none.

A transaction ends with a marker that takes an offset and is never read. When one stands last in a partition, as after
`c360 dlq replay`, the end is one past what there is to commit, for as long as nothing else comes.
"""

from time import monotonic
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, TopicPartition

__all__ = ["ASKING", "Unread"]

_FEW: Final = 100
_TIMEOUT_S: Final = 5.0

ASKING: Final[dict[str, Any]] = {
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "isolation.level": "read_committed",
    # A position that is gone meanwhile is asked for anew, not skipped over.
    "auto.offset.reset": "error",
    # Of a partition that is looked into only the first record is of interest.
    "queued.min.messages": 1,
    "fetch.wait.max.ms": 20,
}
"""Settings of the consumer that asks: no member of the group, and it reads at most the first record."""


class Unread:
    """Looks for a record where few offsets are missing and none was committed since it was last asked.

    One answer holds for as long as neither the position nor the end moves.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[int, int, bool | None]] = {}

    def of(self, consumer: Consumer, committed: TopicPartition, low: int, high: int) -> int:
        """Records from the group's position to the end; `consumer` is made with `ASKING`."""
        partition = committed.topic, committed.partition
        # A group that never committed has everything before it.
        start = max(committed.offset, low)
        missing = max(0, high - start)
        if not 0 < missing <= _FEW:
            self._known.pop(partition, None)
            return missing
        known_start, known_high, is_there = self._known.get(partition, (None, None, None))
        if (known_start, known_high) != (start, high):
            self._known[partition] = start, high, None
            return missing
        if is_there is None:
            is_there = _has_record(consumer, TopicPartition(*partition, start), high)
            self._known[partition] = start, high, is_there
        return 0 if is_there is False else missing


def _has_record(consumer: Consumer, start: TopicPartition, high: int) -> bool | None:
    """Whether a committed record stands at `start` or after it; None: that can't be told now."""
    consumer.assign([start])
    try:
        until = monotonic() + _TIMEOUT_S
        while (left := until - monotonic()) > 0:
            message = consumer.poll(left)
            if message is None or (message.topic(), message.partition()) != (start.topic, start.partition):
                continue
            error = message.error()
            if error is None:
                return True
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  the library's public name
                return None
            # Before the end it stops only at a transaction that is not decided yet.
            return False if (message.offset() or 0) >= high else None
        return None
    finally:
        consumer.unassign()

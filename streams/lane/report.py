"""What the lane tells of its flushes, in metrics."""

from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Final

from streams.flush import Flush
from streams.partition import Partition
from streams.ports import LaneMetrics

__all__ = ["LaneReport"]

LATENCIES_PER_FLUSH: Final = 20


class LaneReport:
    """Turns what was committed into measures; keeps the ends of the inputs, of which lag is told."""

    def __init__(self, metrics: LaneMetrics) -> None:
        self._metrics = metrics
        self._ends: dict[tuple[str, int], int] = {}

    def end(self, topic: str, partition: int, offset: int) -> None:
        """An input partition was last seen to end there."""
        self._ends[topic, partition] = offset

    def committed(
        self, flushes: Iterable[Flush], began_at: float, held: Mapping[int, Partition], wall_seconds: float
    ) -> None:
        """A transaction committed; it was begun at `began_at` of the monotonic clock."""
        metrics, records = self._metrics, 0
        for flush in flushes:
            records += flush.records
            self._lag(flush)
            self._flush(flush, held[flush.partition], wall_seconds)
        metrics.transaction("committed")
        metrics.batch(records)
        metrics.flush(monotonic() - began_at, records)
        self.state(held)

    def given_up(self) -> None:
        """Partitions were given up: their gauges mean nothing any more."""
        self._metrics.rebalance()
        self.state({})

    def state(self, held: Mapping[int, Partition]) -> None:
        """How much is held."""
        partitions = held.values()
        self._metrics.state(sum(len(p.customers) for p in partitions), sum(p.state.sections for p in partitions))

    def _lag(self, flush: Flush) -> None:
        for topic, position in flush.positions.items():
            end = self._ends.get((topic, flush.partition), position)
            self._metrics.lag(topic, flush.partition, max(0, end - position))

    def _flush(self, flush: Flush, partition: Partition, wall_seconds: float) -> None:
        metrics = self._metrics
        for (topic, outcome), n in flush.counts.items():
            metrics.folded(topic, outcome, n)
        for timestamp_ms in flush.timestamps_ms[:: max(1, len(flush.timestamps_ms) // LATENCIES_PER_FLUSH)]:
            metrics.latency(max(0.0, wall_seconds - timestamp_ms / 1000))
        for kind, change in flush.alert_kinds:
            metrics.alert(kind, change)
        for reason in flush.dead_reasons:
            metrics.dead_letter(reason)
        metrics.clock(flush.partition, partition.clock.timestamp())

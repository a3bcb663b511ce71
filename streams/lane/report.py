"""What the lane tells of its flushes and of where it stands, in metrics."""

import logging
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any, Final

import orjson

from streams.flush import Flush
from streams.partition import Partition
from streams.ports import LaneMetrics
from streams.state import START

__all__ = ["LaneReport"]

logger = logging.getLogger("c360.lane")

STANDING_EVERY: Final = 1.0
"""Nobody scrapes more often."""


class LaneReport:
    """Turns what was committed into measures; keeps the ends of the inputs, of which lag is told."""

    def __init__(self, metrics: LaneMetrics) -> None:
        self._metrics = metrics
        self._ends: dict[tuple[str, int], int] = {}
        self._newest: dict[tuple[str, int], tuple[int, float | None]] = {}
        self._told_at = -STANDING_EVERY

    def end(self, topic: str, partition: int, offset: int) -> None:
        """An input partition was last seen to end there."""
        self._ends[topic, partition] = offset

    def folded(self, seconds: float) -> None:
        """The records of one transaction were folded in so long."""
        self._metrics.fold(seconds)

    def committed(self, flushes: Iterable[Flush], began_at: float, wall_seconds: float) -> None:
        """A transaction committed; it was begun at `began_at` of the monotonic clock."""
        metrics, records = self._metrics, 0
        for flush in flushes:
            records += flush.records
            self._flush(flush, wall_seconds)
        metrics.transaction("committed")
        metrics.batch(records)
        metrics.flush(monotonic() - began_at, records)

    def standing(
        self, committed: Mapping[tuple[str, int], int], held: Mapping[int, Partition], now: float, *, also: bool = False
    ) -> None:
        """Where every input partition stands, and what is held; once a second, or `also` now.

        Told whether anything is committed or not: a partition that is stuck is seen by its lag growing.
        """
        if not also and now - self._told_at < STANDING_EVERY:
            return
        self._told_at = now
        metrics = self._metrics
        for (topic, number), position in committed.items():
            end = self._ends.get((topic, number), position)
            metrics.position(topic, number, position, max(0, end - position))
        for (topic, number), (timestamp_ms, event_at) in self._newest.items():
            metrics.newest(topic, number, timestamp_ms / 1000, event_at)
        for number, partition in held.items():
            deadlines = partition.state.deadlines
            metrics.deadlines(number, len(deadlines), deadlines.overdue_seconds(partition.clock))
            if partition.clock > START:
                metrics.clock(number, partition.clock.timestamp())
        self._state(held)

    def given_up(self) -> None:
        """Partitions were given up: their gauges mean nothing any more."""
        self._newest.clear()
        self._metrics.rebalance()
        self._metrics.holds(False)
        self._state({})

    def _state(self, held: Mapping[int, Partition]) -> None:
        partitions = held.values()
        self._metrics.state(sum(len(p.customers) for p in partitions), sum(p.state.sections for p in partitions))

    def _flush(self, flush: Flush, wall_seconds: float) -> None:
        metrics = self._metrics
        for (topic, outcome), n in flush.counts.items():
            metrics.folded(topic, outcome, n)
        for topic, (timestamp_ms, event_at) in flush.newest.items():
            known = self._newest.get((topic, flush.partition), (0, None))
            self._newest[topic, flush.partition] = timestamp_ms, event_at.timestamp() if event_at else known[1]
        metrics.latencies(wall_seconds, flush.timestamps_ms)
        if flush.alerts:
            metrics.alert_latencies(wall_seconds, [alert.timestamp_ms for alert in flush.alerts])
            if logger.isEnabledFor(logging.DEBUG):
                for alert in flush.alerts:
                    logger.debug("Committed %s", _story(alert.value or b"{}"))
        for kind, change in flush.alert_kinds:
            metrics.alert(kind, change)
        for reason in flush.dead_reasons:
            metrics.dead_letter(reason)
        if flush.deadlines_fired:
            metrics.deadlines_fired(flush.deadlines_fired)


def _story(alert: bytes) -> str:
    """Of an alert record: what it is, its rule and the records that caused it, as topic/partition/offset."""
    told: dict[str, Any] = orjson.loads(alert)
    proof = told["proof"]
    causes = ", ".join(f"{cause['topic']}/{cause['partition']}/{cause['offset']}" for cause in proof["causes"])
    return (
        f"alert {told['alert_id']}.{told['revision']} ({told['kind']}, {told['change']}) "
        f"of {causes or 'time alone'} by {proof['rule_id']} v{proof['rule_version']}"
    )

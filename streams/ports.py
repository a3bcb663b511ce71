"""Protocols of what the engine sends out besides records: its measures."""

from collections.abc import Sequence
from typing import Protocol

__all__ = ["LaneMetrics", "RecoveryMetrics"]


class RecoveryMetrics(Protocol):
    """What a take-over tells of itself."""

    def recovery_began(self, offsets: int) -> None:
        """A take-over begins that has to read so many offsets of the changelog."""

    def recovery(self, partition: int, records: int) -> None:
        """So many changelog records more were read for a partition."""

    def recovering(self, remaining: int) -> None:
        """So many offsets are still to be read; 0 at the end."""

    def standby(self, partitions: int) -> None:
        """Warm copies of so many partitions are kept."""

    def standby_read(self, records: int) -> None:
        """So many changelog records more went into warm copies."""

    def recovery_ended(self, seconds: float) -> None:
        """All is read, and the partitions stand; it took so long."""


class LaneMetrics(RecoveryMetrics, Protocol):
    """What the lane tells of itself."""

    def folded(self, topic: str, outcome: str, n: int) -> None:
        """So many records of a topic had an outcome."""

    def batch(self, records: int) -> None:
        """So many records went into one transaction."""

    def flush(self, seconds: float, records: int) -> None:
        """From fold to commit it took so long."""

    def transaction(self, outcome: str) -> None:
        """A transaction ended: committed, aborted, refused or unknown."""

    def fold(self, seconds: float) -> None:
        """The records of one transaction were folded in so long."""

    def latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """What records of these timestamps did was committed at `at`, in Unix seconds."""

    def alert_latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """Alerts caused by records of these timestamps were committed at `at`."""

    def alert(self, kind: str, change: str) -> None:
        """An alert record was published."""

    def dead_letter(self, reason: str) -> None:
        """A record was set aside."""

    def position(self, topic: str, partition: int, offset: int, lag: int) -> None:
        """The committed position of an input partition, and the records between it and the end last seen."""

    def newest(self, topic: str, partition: int, written_at: float, event_at: float | None) -> None:
        """Of the last record committed: its timestamp and its event time, in Unix seconds."""

    def deadlines(self, partition: int, waiting: int, overdue_seconds: float) -> None:
        """Customers whose next deadline waits, and for how long the earliest has been due."""

    def deadlines_fired(self, customers: int) -> None:
        """The deadlines of so many customers fell due."""

    def clock(self, partition: int, epoch_seconds: float) -> None:
        """A partition's clock moved."""

    def holds(self, partitions: bool) -> None:
        """Whether an assignment is held and folded; until it is, what comes waits."""

    def rebalance(self) -> None:
        """Partitions were given up."""

    def state(self, customers: int, sections: int) -> None:
        """How much is held."""

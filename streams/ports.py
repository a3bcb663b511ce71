"""Protocols of what the engine sends out besides records: its measures."""

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

    def latency(self, seconds: float) -> None:
        """From a record's own timestamp to the commit of what it did."""

    def alert(self, kind: str, change: str) -> None:
        """An alert record was published."""

    def dead_letter(self, reason: str) -> None:
        """A record was set aside."""

    def lag(self, topic: str, partition: int, records: int) -> None:
        """So many records stand between the committed position and the end last seen."""

    def clock(self, partition: int, epoch_seconds: float) -> None:
        """A partition's clock moved."""

    def rebalance(self) -> None:
        """Partitions were given up."""

    def state(self, customers: int, sections: int) -> None:
        """How much is held."""

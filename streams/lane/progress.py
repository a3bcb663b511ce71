"""How far a recovery is: records read, offsets passed of how many, and how long it takes at the rate so far."""

from collections.abc import Mapping
from typing import Final

from streams.ports import RecoveryMetrics

__all__ = ["RecoveryProgress"]

TOLD_EVERY: Final = 5.0


class RecoveryProgress:
    """Counts what a take-over reads for the metrics, and gives a line for the log every few seconds.

    Progress is in offsets: how many of them hold records (and not markers, or what compaction removed) nobody knows
    before they are read. Instants are seconds of a clock that never goes back, handed in.
    """

    def __init__(
        self, begins: Mapping[int, int], ends: Mapping[int, int], metrics: RecoveryMetrics, started: float
    ) -> None:
        """`begins` and `ends`: partition -> the offset that is read first, and the one before which reading ends."""
        self.records = 0
        self.total = sum(max(0, ends[number] - begins[number]) for number in ends)
        self._begins = begins
        self._ends = ends
        self._at = dict(begins)
        self._metrics = metrics
        self._started = started
        self._told = started
        metrics.recovery_began(self.total)

    def read(self, counts: Mapping[int, int], positions: Mapping[int, int], now: float) -> str | None:
        """Records that came, and positions after them, by partition; a line for the log, when it is time for one."""
        for number, count in counts.items():
            self._metrics.recovery(number, count)
        for number, position in positions.items():
            self._at[number] = max(position, self._at[number])
        self.records += sum(counts.values())
        self._metrics.recovering(self.remaining)
        if now - self._told < TOLD_EVERY:
            return None
        self._told = now
        return self.line(now)

    @property
    def remaining(self) -> int:
        """Offsets still to be read."""
        return sum(max(0, end - self._at[number]) for number, end in self._ends.items())

    def line(self, now: float) -> str:
        """Records, percent and time left, for a person."""
        done = self.total - self.remaining
        percent = 100 * done // self.total if self.total else 100
        left = f"about {(now - self._started) * self.remaining / done:.0f} s left" if done else "time left unknown yet"
        return (
            f"Recovering partitions {sorted(self._ends)}: {done:,} of {self.total:,} changelog offsets read "
            f"({percent} %, {self.records:,} records), {left}"
        )

    def end(self, now: float) -> None:
        """All is read."""
        self._metrics.recovering(0)
        self._metrics.recovery_ended(now - self._started)

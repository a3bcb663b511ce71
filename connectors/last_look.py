"""Who is behind where records flow: some are always under way, so only what stood there a moment ago counts."""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

__all__ = ["LastLook"]

Partition = TypeVar("Partition", bound=Hashable)


class LastLook(Generic[Partition]):
    """Where partitions ended when they were looked at last; for one thread."""

    def __init__(self, lasts_s: float) -> None:
        """A look so many seconds ago, or longer, is none."""
        self._lasts_s = lasts_s
        self._ends: Mapping[Partition, int] = {}
        self._at = float("-inf")

    def due(self, ends: Mapping[Partition, int], at: float) -> dict[Partition, int]:
        """How far each has to be done by now: to where it ended at the last look; without one, to where it ends now.

        `ends`: offsets after the last record, as they are seen at `at` (seconds of any clock).
        """
        before = self._ends if at - self._at < self._lasts_s else {}
        self._ends, self._at = dict(ends), at
        return {partition: min(end, before.get(partition, end)) for partition, end in ends.items()}

    def forget(self) -> None:
        """What was seen is not to be relied on."""
        self._ends = {}

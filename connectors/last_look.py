"""Who is behind where records flow: some are always under way, so only what stood there before counts."""

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["LastLook"]

Partition = TypeVar("Partition", bound=Hashable)


class LastLook(Generic[Partition]):
    """Remembers where partitions ended when they were looked at; for one thread."""

    def __init__(self) -> None:
        self._before: dict[Partition, int] = {}
        self._now: dict[Partition, int] = {}

    def end(self, partition: Partition, high: int) -> int:
        """Where what is to be read by now ends: where the partition did at the last look, or `high` at the first.

        The partition ends at `high` now.
        """
        self._now[partition] = high
        return min(high, self._before.get(partition, high))

    def over(self) -> None:
        """This look is the last one now."""
        self._before, self._now = self._now, {}

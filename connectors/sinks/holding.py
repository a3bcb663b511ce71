"""Between Kafka and Redis: gathers records by customer and lets a customer go only when his summary has come.

Pure: no I/O, no clock. The summary is the last record of a customer in every flush, so what is taken out here is never
half a flush.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.views import PARTITION_PREFIX, SUMMARY

__all__ = ["Change", "Holding"]


@dataclass(slots=True)
class Change:
    """What happened to one owner (a customer or a partition): the newest of each section, None for a deletion."""

    owner: str
    partition: int
    first: int
    """Offset of the oldest record in it."""
    last: int
    """Offset of the newest record in it: the position the owner is at afterwards."""
    since: float
    """When the oldest record was gathered (seconds of the caller's clock)."""
    sections: dict[str, bytes | None] = field(default_factory=dict)


class Holding:
    """Records taken from Kafka that are not in Redis yet.

    Kept per partition in the order of their first record, so that the position to resume at is the first one held.
    """

    def __init__(self, positions: dict[int, int]) -> None:
        """`positions`: partition -> offset of the next record, for all partitions read."""
        self._next = dict(positions)
        self._held: dict[int, dict[str, Change]] = {partition: {} for partition in positions}
        self._ready: dict[str, Change] = {}
        self._ended_at: dict[int, float] = {}
        self.records_held = 0

    def add(self, partition: int, offset: int, key: str, value: bytes | None, now: float) -> bool:
        """Gather one record; True when it completed its owner's flush. Records of a partition come in order."""
        owner, _, section = key.partition("/")
        self._next[partition] = offset + 1
        held = self._held[partition]
        change = held.get(owner)
        if change is None:
            change = held[owner] = Change(owner, partition, offset, offset, now)
        change.last = offset
        if section not in change.sections:
            self.records_held += 1
        change.sections[section] = value
        if section != SUMMARY and not owner.startswith(PARTITION_PREFIX):
            return False
        self._release(owner, partition)
        return True

    def ended(self, partition: int, offset: int, now: float) -> None:
        """The partition had nothing at or after `offset` just now. An end before what was gathered says nothing."""
        if offset >= self._next[partition]:
            self._next[partition] = offset
            self._ended_at[partition] = now

    def take_ready(self) -> list[Change]:
        """Take out the owners whose flush is complete, several flushes of one merged."""
        ready = list(self._ready.values())
        self._ready = {}
        return ready

    def take_orphans(self, now: float, patience: float) -> list[Change]:
        """Take out what has waited for a summary for `patience` seconds, the end of its partition being reached.

        A worker never leaves such records; waiting for ever would hide committed sections.
        """
        orphans = [
            change
            for partition, ended_at in self._ended_at.items()
            for change in self._held[partition].values()
            if change.since <= ended_at and change.since + patience <= now
        ]
        self._forget(orphans)
        return orphans

    def take_excess(self, limit: int) -> list[Change]:
        """Take out the longest held owners beyond `limit` records in all: they have to wait elsewhere."""
        excess: list[Change] = []
        remaining = self.records_held
        for held in self._held.values():
            for change in held.values():
                if remaining <= limit:
                    break
                excess.append(change)
                remaining -= len(change.sections)
        self._forget(excess)
        return excess

    def resume(self) -> dict[int, int]:
        """Where each partition would have to be read from, were everything still held here forgotten.

        True for the state in Redis only once all that was taken out is there.
        """
        return {
            partition: next((change.first for change in self._held[partition].values()), following)
            for partition, following in self._next.items()
        }

    def positions(self) -> dict[int, int]:
        """Partition -> offset of the next record to come from Kafka."""
        return dict(self._next)

    def _release(self, owner: str, partition: int) -> None:
        change = self._held[partition].pop(owner)
        self.records_held -= len(change.sections)
        ready = self._ready.get(owner)
        if ready is None:
            self._ready[owner] = change
        else:
            ready.sections.update(change.sections)
            ready.last = change.last

    def _forget(self, changes: Iterable[Change]) -> None:
        for change in changes:
            del self._held[change.partition][change.owner]
            self.records_held -= len(change.sections)

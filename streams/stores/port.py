"""The port of the stores: sections of one partition's customers, as bytes, and how far they follow the changelog."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from streams.flush import Flush

__all__ = ["Replaced", "Restore", "Store", "StoreFailed"]

Replaced = tuple[str, str, bytes | None]
"""(customer number, section, the bytes that stood there before; None: nothing did)."""

Restore = Callable[[Sequence[bytes], Sequence[bytes | None]], None]
"""Applies changelog records of the partition: their keys and, as many, their values; called in log order."""


class StoreFailed(Exception):
    """The disk takes no more, or what is on it can't be used: the worker must stop, and Kafka still has everything."""


class Store(Protocol):
    """Customer number -> section -> bytes.

    What a fold writes is seen at once, and taken back by `put`. Only what `committed` or `restored` tells of may
    outlast the process.
    """

    position: int
    """The sections follow the changelog up to this offset; 0 for a store that is new."""
    sections: int
    """How many sections there are."""
    progress: bytes | None
    """The partition's progress that was stored with the sections; None in a store that is new."""

    def __len__(self) -> int:
        """How many customers there are."""

    def __contains__(self, customer_id: object) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    def __getitem__(self, customer_id: str) -> Mapping[str, bytes]:
        """All sections of a customer; KeyError when there are none."""

    def open(self, customer_id: str) -> Mapping[str, bytes]:
        """The sections of a customer that is stepped now, empty for a new one; not to be kept."""

    def replace(self, customer_id: str, sections: Mapping[str, bytes]) -> Sequence[Replaced]:
        """Write sections of one customer; what they replaced."""

    def put(self, customer_id: str, section: str, raw: bytes | None) -> None:
        """Write one section; None removes it."""

    def committed(self, flush: Flush) -> None:
        """A flush, whose sections were written here before, is committed; the flushes come in order."""

    def restorer(self, on_progress: Callable[[bytes | None], None]) -> Restore:
        """What applies the changelog's records; the partition's own go to `on_progress`, too.

        Until `recovered` the counts are not kept.
        """

    def restored(self, position: int) -> None:
        """Everything that the changelog holds before `position` was restored."""

    def recovered(self) -> None:
        """The recovery is over: from now on the counts are true."""

    def deadlines(self) -> Iterator[tuple[str, bytes]]:
        """(customer number, section `deadlines`) of every customer who has one."""

    def wipe(self) -> None:
        """Forget everything: the next recovery begins at the changelog's start."""

    def close(self) -> None:
        """Let go of it; nothing is called afterwards."""

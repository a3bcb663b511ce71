"""Sections in memory: a dict of bytes per customer, the packing that costs a fold least (ADR 0010)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from schemas.views import DEADLINES, PARTITION_PREFIX, PROFILE, SUMMARY, TIMELINE
from streams.flush import Flush
from streams.stores.port import Replaced, Restore

__all__ = ["MemoryStore"]

_NOTHING: Final[Mapping[str, bytes]] = {}
_PARTITION_PREFIX: Final = PARTITION_PREFIX.encode()
# A million customers share the text of the names that all of them have.
_SHARED_NAMES: Final = {name.encode(): name for name in (PROFILE, SUMMARY, DEADLINES, TIMELINE)}


class MemoryStore(dict[str, dict[str, bytes]]):
    """Nothing of it outlasts the process."""

    def __init__(self) -> None:
        super().__init__()
        self.position = 0
        self.sections = 0
        self.progress: bytes | None = None

    def open(self, customer_id: str) -> Mapping[str, bytes]:
        """The sections of a customer that is stepped now."""
        return self.get(customer_id, _NOTHING)

    def replace(self, customer_id: str, sections: Mapping[str, bytes]) -> list[Replaced]:
        """Write sections of one customer; what they replaced."""
        at_rest = self.get(customer_id)
        if at_rest is None:
            at_rest = self[customer_id] = {}
        count = len(at_rest)
        replaced: list[Replaced] = []
        for name, raw in sections.items():
            replaced.append((customer_id, name, at_rest.get(name)))
            at_rest[name] = raw
        self.sections += len(at_rest) - count
        return replaced

    def put(self, customer_id: str, section: str, raw: bytes | None) -> None:
        """Write one section; None removes it."""
        if raw is not None:
            self.replace(customer_id, {section: raw})
            return
        at_rest = self.get(customer_id)
        if at_rest is not None and at_rest.pop(section, None) is not None:
            self.sections -= 1
            if not at_rest:
                del self[customer_id]

    def committed(self, flush: Flush) -> None:
        """Only the position moves."""
        if flush.changelog_position is not None:
            self.position = flush.changelog_position

    def restorer(self, on_progress: Callable[[bytes | None], None]) -> Restore:
        """What applies the changelog's records, for millions of them: all in one call."""
        prefix, names = _PARTITION_PREFIX, _SHARED_NAMES

        def restore(key: bytes, value: bytes | None) -> None:
            owner, _, name = key.partition(b"/")
            if owner.startswith(prefix):
                on_progress(value)
                return
            customer_id = owner.decode()
            section = names.get(name) or name.decode()
            at_rest = self.get(customer_id)
            if value is None:
                self.put(customer_id, section, None)
            elif at_rest is None:
                self[customer_id] = {section: value}
                self.sections += 1
            else:
                self.sections += section not in at_rest
                at_rest[section] = value

        return restore

    def restored(self, position: int) -> None:
        """Only the position moves."""
        self.position = position

    def recovered(self) -> None:
        """Nothing to do: everything was counted."""

    def deadlines(self) -> Iterator[tuple[str, bytes]]:
        """(customer number, section `deadlines`) of every customer who has one."""
        for customer_id, at_rest in self.items():
            raw = at_rest.get(DEADLINES)
            if raw is not None:
                yield customer_id, raw

    def wipe(self) -> None:
        """Forget everything."""
        self.clear()
        self.position = self.sections = 0

    def close(self) -> None:
        """Nothing to let go of."""

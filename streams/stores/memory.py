"""Sections in memory: a dict of bytes per customer, the packing that costs a fold least (ADR 0010)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from schemas.views import DEADLINES, PARTITION_PREFIX, PROFILE, SUMMARY, TIMELINE
from streams.flush import Flush
from streams.stores.port import Replaced, Restore

__all__ = ["MemoryStore"]

_NOTHING: Final[Mapping[str, bytes]] = {}
# A million customers share the text of the names that all of them have.
_SHARED_NAMES: Final = {name: name for name in (PROFILE, SUMMARY, DEADLINES, TIMELINE)}


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
        """What applies the changelog's records: of millions of them, nearly all take the first branch."""
        find, shared = self.get, _SHARED_NAMES.get

        def restore(keys: Sequence[bytes], values: Sequence[bytes | None]) -> None:
            for key, value in zip(keys, values, strict=True):
                owner, _, name = key.decode().partition("/")
                at_rest = find(owner)
                if at_rest is not None and value is not None:
                    at_rest[shared(name, name)] = value
                elif owner.startswith(PARTITION_PREFIX):
                    on_progress(value)
                elif value is None:
                    self.put(owner, name, None)
                else:
                    self[owner] = {shared(name, name): value}

        return restore

    def restored(self, position: int) -> None:
        """Only the position moves."""
        self.position = position

    def recovered(self) -> None:
        """Count the sections."""
        self.sections = sum(map(len, self.values()))

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

"""The calls that write index entries: for each index as few as may be, none so long that Redis is busy with it."""

from collections.abc import Iterable, Iterator
from typing import Final

from connectors.indexing import Entry
from connectors.sinks.redis_link import Call

__all__ = ["adding", "removing"]

_MEMBERS_AT_ONCE: Final = 500

_Part = bytes | str | float


def adding(scores: Iterable[tuple[str, float, str]], *options: str) -> Iterator[Call]:
    """Give members of indexes these scores; `XX`: only where they stand already."""
    grouped: dict[str, list[_Part]] = {}
    for key, score, member in scores:
        grouped.setdefault(key, []).extend((score, member))
    for key, members in grouped.items():
        for part in _parts(members, 2 * _MEMBERS_AT_ONCE):
            yield ("ZADD", key, *options, *part)


def removing(entries: Iterable[Entry]) -> Iterator[Call]:
    """Take these out of their indexes."""
    grouped: dict[str, list[_Part]] = {}
    for entry in entries:
        grouped.setdefault(entry.key, []).append(entry.member)
    for key, members in grouped.items():
        for part in _parts(members, _MEMBERS_AT_ONCE):
            yield ("ZREM", key, *part)


def _parts(members: list[_Part], size: int) -> Iterator[list[_Part]]:
    for start in range(0, len(members), size):
        yield members[start : start + size]

"""State facts: what an event states stands until a newer event of the entity states it again."""

from collections.abc import Mapping
from typing import Any

from streams.view import Section

__all__ = ["is_newer", "stated"]


def is_newer(section: Section, name: str, seq: int) -> bool:
    """Whether an event numbered `seq` is newer than the one that last stated `name`."""
    return seq > int(section["order"].get(name, -1))


def stated(section: Section, seq: int, facts: Mapping[str, Mapping[str, Any]]) -> Section:
    """`section` with those facts whose name in `order` is older than `seq`; the very section when all are superseded.

    `facts`: name in `order` -> fields it orders.
    """
    taken = [name for name in facts if is_newer(section, name, seq)]
    if not taken:
        return section
    after = section.copy()
    for name in taken:
        after.update(facts[name])
    after["order"] = {**section["order"], **dict.fromkeys(taken, seq)}
    return after

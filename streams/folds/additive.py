"""Additive facts: counted once each, however often and in whatever order they arrive."""

from bisect import bisect_left
from typing import Final

from streams.folds.refusals import Late

__all__ = ["RECENT_WINDOW", "counted"]

RECENT_WINDOW: Final = 32
"""So many of an entity's newest additive events are remembered by their source_seq."""


def counted(recent: list[int], seq: int) -> list[int] | None:
    """`recent` with `seq` in its place, the oldest dropped above the window; None when it was counted before.

    Raises `Late` for a seq below a full window: whether it was counted can't be known any more.
    """
    if not recent or seq > recent[-1]:
        # Nearly every event is the newest of its entity.
        return [*recent[1 - RECENT_WINDOW :], seq]
    place = bisect_left(recent, seq)
    if recent[place] == seq:
        return None
    if len(recent) < RECENT_WINDOW:
        return [*recent[:place], seq, *recent[place:]]
    if place == 0:
        raise Late
    return [*recent[1:place], seq, *recent[place:]]

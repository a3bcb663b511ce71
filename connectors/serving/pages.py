"""Pages of lists, and of several ordered lists read as one."""

import heapq
import re
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final, TypeVar

__all__ = ["NoSuchPage", "after_these", "in_turn", "starts"]

T = TypeVar("T")

_PLACES: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})*", re.ASCII)
_FIRST: Final = ("", "")


class NoSuchPage(ValueError):
    """What should lead to a page of a list was never given by that list."""


def in_turn(
    lists: Sequence[Sequence[T | None]], more: Sequence[bool], order: Callable[[T], tuple[str, str]], limit: int
) -> tuple[list[T], list[int]]:
    """The first so many of all, and how much of each list they used up.

    Each list is in that order by and large: one that is not comes after what stands before it in its list, and is put
    in its place among those taken with it. None is nobody's turn: it is passed over as soon as it is reached. Where
    there is `more` of a list than what is given of it, nothing is taken after that is used up: what follows may come
    first.
    """
    heads = [
        [(_FIRST if item is None else order(item), which, item) for item in items] for which, items in enumerate(lists)
    ]
    taken: list[T] = []
    used = [0] * len(lists)
    for _, which, item in heapq.merge(*heads, key=itemgetter(0)):
        if item is not None and len(taken) == limit:
            break
        used[which] += 1
        if item is not None:
            taken.append(item)
        if more[which] and used[which] == len(lists[which]):
            break
    return sorted(taken, key=order), used


def starts(after: str | None, lists: int) -> list[int]:
    """Where a page begins in each list. `NoSuchPage` when it is not what `after_these` gave for so many lists."""
    if after is None:
        return [0] * lists
    if _PLACES.fullmatch(after) is None or after.count(".") != lists - 1:
        raise NoSuchPage(f"{after!r} is not the `next` of a page of this list")
    return [int(place) for place in after.split(".")]


def after_these(begun: Iterable[int], used: Iterable[int]) -> str:
    """What leads to the page after this one."""
    return ".".join(str(start + taken) for start, taken in zip(begun, used, strict=True))

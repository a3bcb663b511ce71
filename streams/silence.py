"""Folding in silence: what another generation of the views has folded, and published the alerts of, is folded again.

A silent partition folds no further than the other generation has committed, and writes nothing but views. When the
other one has ended, its last positions are folded, what it published is adopted (`streams.adoption`), and from there on
this partition raises alerts: every record's, and every deadline's, are published by one generation, and by one only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from streams.adoption import Published
from streams.flush import Flush
from streams.merge import Item

__all__ = ["HandOver", "Silence", "Successor"]

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Successor:
    """Which switch a partition follows, and what it takes over."""

    switch: int
    published: Published | None
    """By the generation that was in force before; None: nothing was since this partition's own last alert."""


@dataclass(slots=True)
class HandOver:
    """How far a hand-over is; forgotten when it has to begin again, for it may."""

    at: datetime
    """What the other generation has not told up to here, and would not have, is never told."""
    customers: Iterator[str]
    is_fired: bool = False
    """Whether every deadline up to `at` was looked at in silence."""

    def portion(self) -> list[str]:
        """The next customers, none when all have had their turn."""
        return list(islice(self.customers, _AT_ONCE))


@dataclass(slots=True)
class Silence:
    """How far a silent partition may fold, and what waits beyond."""

    ceilings: dict[str, int]
    """Topic -> offset of the first record that is not to be folded yet."""
    successor: Successor | None = None
    hand_over: HandOver | None = None
    last: Flush | None = None
    """With which it ended, if that is not taken back."""
    _beyond: dict[str, list[Item]] = field(default_factory=dict)

    def admitted(self, topic: str, items: Sequence[Item]) -> Sequence[Item]:
        """Those below the ceiling; the others are kept until it is raised."""
        ceiling = self.ceilings.get(topic, 0)
        if not items or items[-1][1].offset < ceiling:
            return items
        below = [item for item in items if item[1].offset < ceiling]
        self._beyond.setdefault(topic, []).extend(items[len(below) :])
        return below

    def raise_to(self, ceilings: Mapping[str, int]) -> list[tuple[str, Sequence[Item]]]:
        """Fold up to here from now on; what was kept and may go. A ceiling never comes down."""
        for topic, ceiling in ceilings.items():
            self.ceilings[topic] = max(ceiling, self.ceilings.get(topic, 0))
        kept, self._beyond = self._beyond, {}
        return [(topic, self.admitted(topic, items)) for topic, items in kept.items()]

    def released(self) -> list[tuple[str, Sequence[Item]]]:
        """All that was kept; there is no ceiling any more."""
        kept, self._beyond = self._beyond, {}
        return list(kept.items())

    def begin_again(self) -> None:
        """Forget what was kept, and how far the hand-over was."""
        self._beyond.clear()
        self.hand_over = self.last = None

    def kept_of(self, topic: str) -> int:
        """Records of a topic that wait beyond the ceiling."""
        return len(self._beyond.get(topic, ()))

    def is_reached(self, positions: Mapping[str, int]) -> bool:
        """Whether all below the ceilings is folded."""
        return all(positions[topic] >= ceiling for topic, ceiling in self.ceilings.items())

"""The newest changes, for who comes back or has just looked something up; of older ones only whose they were."""

import secrets
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

__all__ = ["Change", "KeptChanges"]

_MOMENT_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Change:
    """What one batch of records changed in one view."""

    number: int
    customer_id: str
    sections: Mapping[str, bytes | None]
    """Section name -> JSON, None when it was deleted."""
    told: dict[object, bytes] = field(default_factory=dict, compare=False)
    """How it is told to those who are shown the same of it: worked out for the first, kept for the others."""


class KeptChanges:
    """Numbered from 1 on. Moments are seconds of a clock that never goes back."""

    def __init__(self, most: int, customers: int, remembered_s: float) -> None:
        """`most` changes are kept whole; of older ones the last number is, for at least so many customers.

        What was the newest number is known for moments up to `remembered_s` ago.
        """
        self.newest = 0
        self._run = secrets.token_hex(4)
        self._changes: deque[Change] = deque(maxlen=most)
        self._customers = customers
        self._lost: dict[str, int] = {}
        self._lost_before: dict[str, int] = {}
        """In two parts, so that the older one is let go of at once: customer -> newest number that is not kept."""
        self._parted_at = self._known_from = 0
        """The two parts tell of what came after these numbers."""
        self._remembered_s = remembered_s
        self._moments: deque[tuple[float, int]] = deque()
        """Moments at which changes came, and the newest number before them."""

    def add(self, customer_id: str, sections: Mapping[str, bytes | None], at: float) -> Change:
        """Keep one more."""
        self._note(at)
        if len(self._changes) == self._changes.maxlen:
            self._lose(self._changes[0])
        self.newest += 1
        change = Change(self.newest, customer_id, sections)
        self._changes.append(change)
        return change

    def forget(self, at: float) -> None:
        """Something came that is not known: whoever has been told all up to now has missed it."""
        self._changes.clear()
        self._lost, self._lost_before = {}, {}
        self._moments.clear()
        self._note(at)
        self.newest += 1
        self._parted_at = self._known_from = self.newest

    def place(self, number: int) -> str:
        """What a follower hands in who has been told all up to that number."""
        return f"{self._run}-{number}"

    def number_of(self, place: str) -> int | None:
        """None: the place is none, or of another process."""
        run, _, number = place.partition("-")
        return int(number) if run == self._run and number.isdecimal() else None

    def newest_at(self, moment: float) -> int:
        """The newest number at that moment, or shortly before it."""
        later = self.newest
        for at, number in reversed(self._moments):
            if at <= moment:
                # What came shortly after a moment that is noted came without a note.
                return later if moment - at >= _MOMENT_S else number
            later = number
        return later

    def has_all(self, number: int, customers: Collection[str]) -> bool:
        """Whether all that came for these customers after that number is kept."""
        if not self._known_from <= number <= self.newest:
            return False
        if number + 1 >= self._oldest:
            return True
        lost, before = self._lost, self._lost_before
        return all(lost.get(each, 0) <= number and before.get(each, 0) <= number for each in customers)

    def after(self, number: int, customers: Collection[str]) -> Iterator[Change]:
        """What is kept of those customers, and came after that number."""
        kept = islice(self._changes, max(0, number + 1 - self._oldest), None)
        return (change for change in kept if change.customer_id in customers)

    @property
    def _oldest(self) -> int:
        """The number of the oldest that is kept, or of the next."""
        return self._changes[0].number if self._changes else self.newest + 1

    def _note(self, at: float) -> None:
        if not self._moments or at - self._moments[-1][0] >= _MOMENT_S:
            self._moments.append((at, self.newest))
            while len(self._moments) > 1 and self._moments[1][0] <= at - self._remembered_s:
                self._moments.popleft()

    def _lose(self, change: Change) -> None:
        self._lost[change.customer_id] = change.number
        if len(self._lost) >= self._customers:
            self._known_from, self._parted_at = self._parted_at, change.number
            self._lost_before, self._lost = self._lost, {}

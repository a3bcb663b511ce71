"""What sections say that this process has written or read: enough to tell what a change does to the indexes."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from connectors.indexing import Told, Whose, facts_alone

__all__ = ["Known", "KnownFacts"]

_SECTIONS: Final = 100_000
"""In each of the two generations: some 20 MB."""

Facts = tuple[Any, ...]


class Known(NamedTuple):
    """What is known of a customer."""

    whose: Whose
    says: dict[str, Facts]
    """Section -> its facts; amounts are not kept."""
    whole: bool
    """Whether a section that is not there does not exist."""

    def told(self, name: str) -> Told | None:
        """What a section said, its amounts being made up; None where there was none."""
        facts = self.says.get(name)
        return None if facts is None else facts_alone(name, facts)


class KnownFacts:
    """Bounded: who was not asked for while so many sections were learnt, be they of one customer, is forgotten."""

    def __init__(self, sections: int = _SECTIONS) -> None:
        self._limit = sections
        self._recent: dict[str, Known] = {}
        self._earlier: dict[str, Known] = {}
        self._sections = 0
        """At most so many in `recent`: what was learnt since it began, however often the same section."""
        self._shared: dict[Facts, Facts] = {}

    def of(self, owner: str) -> Known | None:
        """What is known of a customer, if anything."""
        known = self._recent.get(owner)
        if known is None:
            known = self._earlier.pop(owner, None)
            if known is not None:
                self._put(owner, known)
        return known

    def learn(self, owner: str, whose: Whose, says: Mapping[str, Told | None], *, whole: bool) -> None:
        """What these sections say from now on, None of those that are no more; nobody else may write them."""
        known = self.of(owner)
        if owner in self._recent:
            self._sections += len(says)
        if whole or known is None or known.whose != whose:
            known = Known(whose, {}, whole)
        for name, what in says.items():
            if what is None:
                known.says.pop(name, None)
            else:
                known.says[name] = self._shared.setdefault(what.facts, what.facts)
        self._put(owner, known)

    def forget(self, owners: Iterable[str]) -> None:
        """Nothing is known of these any more."""
        for owner in owners:
            self._recent.pop(owner, None)
            self._earlier.pop(owner, None)

    def _put(self, owner: str, known: Known) -> None:
        if owner not in self._recent:
            self._sections += len(known.says) + 1
        self._recent[owner] = known
        if self._sections > self._limit:
            self._earlier, self._recent, self._sections = self._recent, {}, 0
            # Most say what thousands say; the rest is let go with those who said it.
            self._shared = {}

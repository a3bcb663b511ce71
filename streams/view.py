"""One customer's view as a step sees it: sections as bytes at rest, decoded on touch, changed copies beside them."""

from collections.abc import Iterator, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

import orjson

__all__ = ["Section", "View"]

Section = dict[str, Any]
"""A decoded section; its type by name is in `schemas.views`. Never changed in place: a fold makes a new one."""

_NONE: Final[AbstractSet[str]] = frozenset()


class View:
    """The working copy of one customer's sections.

    `at_rest` is never written. `decoded` is what of it was decoded so far, for this step alone. What a step changes is
    in `changed` and `removed`, and nowhere else.
    """

    __slots__ = ("_at_rest", "_decoded", "changed", "customer_id", "removed")

    def __init__(
        self, customer_id: str, at_rest: Mapping[str, bytes], decoded: MutableMapping[str, Section] | None = None
    ) -> None:
        self.customer_id = customer_id
        self.changed: dict[str, Section] = {}
        self.removed: AbstractSet[str] = _NONE
        self._at_rest = at_rest
        self._decoded = {} if decoded is None else decoded

    def get(self, name: str) -> Section | None:
        """The section as it is now, or None. Not to be changed in place."""
        section = self.changed.get(name)
        if section is not None:
            return section
        section = self._decoded.get(name)
        if section is not None and name not in self.removed:
            return section
        raw = self._at_rest.get(name)
        if raw is None or name in self.removed:
            return None
        decoded: Section = orjson.loads(raw)
        self._decoded[name] = decoded
        return decoded

    def has(self, name: str) -> bool:
        """Whether the section exists, without decoding it."""
        return name in self.changed or (name in self._at_rest and name not in self.removed)

    def put(self, name: str, section: Section) -> None:
        """Replace the section (or create it)."""
        self.changed[name] = section

    def remove(self, name: str) -> None:
        """Take a section out."""
        self.changed.pop(name, None)
        if name in self._at_rest:
            self.removed = self.removed | {name}

    def names(self, prefix: str = "") -> Iterator[str]:
        """Names of all sections that begin with `prefix`, at rest or new."""
        for name in self._at_rest:
            if name.startswith(prefix) and name not in self.removed:
                yield name
        for name in self.changed:
            if name not in self._at_rest and name.startswith(prefix):
                yield name

"""The deadlines of a customer while a step works."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from schemas.views import DEADLINES
from streams.rules import Rules
from streams.view import View

__all__ = ["UNKNOWN", "Pending"]

Part = dict[str, Any]

UNKNOWN: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
"""The earliest due instant of a customer of whom nobody has asked: not later than any."""


class Pending:
    """Section `deadlines` of a view: read when needed, its own copy from the first change on.

    `due_at` is not later than the first instant at which one falls due under the rules, and exactly that after `close`;
    None: never.
    """

    __slots__ = ("_is_own", "_parts", "_rules", "_view", "due_at", "entered")

    def __init__(self, view: View, rules: Rules, due_at: datetime | None) -> None:
        self._view = view
        self._rules = rules
        self._parts: dict[str, Part] | None = None
        self._is_own = False
        self.due_at = due_at
        self.entered: list[str] = []
        """Keys put, the newest last; whoever looks for them clears it before."""

    def get(self, key: str) -> Part | None:
        """The deadline that stands there."""
        return self._read().get(key)

    def put(self, key: str, part: Part) -> None:
        """From now on this deadline stands there."""
        self._owned()[key] = part
        self.entered.append(key)
        due_at = self._rules.due_at_of(key, part)
        if due_at is not None and (self.due_at is None or due_at < self.due_at):
            self.due_at = due_at

    def drop(self, key: str) -> None:
        """From now on none stands there."""
        if key in self._read():
            del self._owned()[key]

    def fallen(self, at: datetime) -> Iterator[tuple[datetime, str]]:
        """(when, key) of all that has fallen due at `at`."""
        for key, part in self._read().items():
            due_at = self._rules.due_at_of(key, part)
            if due_at is not None and due_at <= at:
                yield due_at, key

    def due_at_of(self, key: str) -> datetime | None:
        """When the deadline that stands there falls due next."""
        part = self._read().get(key)
        return None if part is None else self._rules.due_at_of(key, part)

    def settle(self) -> None:
        """Work out `due_at` exactly."""
        due = (self._rules.due_at_of(key, part) for key, part in self._read().items())
        self.due_at = min((at for at in due if at is not None), default=None)

    def close(self) -> bool:
        """Put the section, if it changed; whether it did."""
        if self._is_own:
            self._view.put(DEADLINES, {"due": self._read()})
            self.settle()
        elif self.due_at is UNKNOWN:
            self.settle()
        return self._is_own

    def _read(self) -> dict[str, Part]:
        if self._parts is None:
            section = self._view.get(DEADLINES)
            self._parts = {} if section is None else section["due"]
        return self._parts

    def _owned(self) -> dict[str, Part]:
        parts = self._read()
        if not self._is_own:
            parts = self._parts = dict(parts)
            self._is_own = True
        return parts

"""Personal data that is recognised wherever it turns up: stated in messages, looked for in what was written."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final
from urllib.parse import quote

__all__ = ["Markers", "encodings_of", "names_in"]

_LETTERS: Final = "bcdfghjkmnpqrstvwxz"
_DATES: Final = frozenset({"born_on"})
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_LENGTH: Final = 12
"""So many letters in a row, of which no word and no number is made, nobody writes by chance."""


@dataclass
class Markers:
    """Values for fields, each made once: the same field has the same in every message."""

    random: Random
    of: dict[str, str] = field(default_factory=dict)
    """Field, or whatever else is named -> what is recognised of its value."""

    def mark(self, name: str) -> str:
        """Letters that stand for this field, or a day of a century ago where it is one."""
        if name not in self.of:
            if name in _DATES:
                self.of[name] = (date(1901, 1, 1) + timedelta(days=self.random.randrange(3000))).isoformat()
            else:
                self.of[name] = "".join(self.random.choices(_LETTERS, k=_LENGTH))
        return self.of[name]

    def stated(self, message: Any, personal: frozenset[str], name: str = "") -> Any:
        """The message with marked values in all texts of personal fields, however deep; the rest as it is."""
        if isinstance(message, Mapping):
            return {key: self.stated(value, personal, key) for key, value in message.items()}
        if isinstance(message, list | tuple):
            return [self.stated(value, personal, name) for value in message]
        return self.value(name) if name in personal and isinstance(message, str | date) else message

    def value(self, name: str) -> str:
        """A value that has to be escaped in every notation there is, around the mark."""
        mark = self.mark(name)
        return mark if name in _DATES else f"O'{mark}\" \\\u00e9"

    def found_in(self, text: str) -> list[str]:
        """The names of all values of which the text tells something, in whatever notation."""
        return sorted(name for name, mark in self.of.items() if any(one in text for one in encodings_of(mark)))


def encodings_of(mark: str) -> Iterator[str]:
    """In clear, in a URL, in hexadecimal, in base64 at each of three places; of a day also as Python writes it."""
    raw = mark.encode()
    yield mark
    yield quote(mark, safe="")
    yield raw.hex()
    for lead in range(3):
        # Of base64 only the groups that the mark fills alone: what stands before and after it changes the others.
        whole = b64encode(b"\0" * lead + raw).decode()
        yield whole[4 if lead else 0 : 4 * ((lead + len(raw)) // 3)]
    if _DAY.fullmatch(mark):
        yield ", ".join(str(int(part)) for part in mark.split("-"))


def names_in(message: Any) -> Iterator[str]:
    """The names of all members that hold something, however deep."""
    if isinstance(message, Mapping):
        for name, value in message.items():
            if value not in (None, "", [], {}):
                yield name
            yield from names_in(value)
    elif isinstance(message, list | tuple):
        for value in message:
            yield from names_in(value)

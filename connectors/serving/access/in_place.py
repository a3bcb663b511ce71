r"""Masks in the bytes of a section: nothing is parsed, walked or written again.

It rests on one thing. In JSON without a backslash every `"` begins or ends a string, so that `"phone":` is the name of
a member and nothing else, and a text ends at the next `"`. A section that is not of that kind, or has something to be
withheld in a form not foreseen here, is left to be parsed: what is not understood is never shown. `masking.py` says
what is masked.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import orjson

__all__ = ["InPlace"]

_AMOUNT_NAME: Final = b'_minor"'
_AMOUNT: Final = re.compile(rb'_minor":(?:-?[0-9][-+.0-9Ee]*|null)')
_BY_CURRENCY: Final = re.compile(rb'_minor":\{(?:"[A-Za-z]+":-?[0-9]+,?)*\}')
_EACH: Final = re.compile(rb":-?[0-9]+")


def _object(holds: bytes) -> bytes:
    """A JSON object that has strings, numbers, lists of those, and what `holds` says."""
    return rb'\{[^"{}]*+(?:(?:"[^"]*+"%s)[^"{}]*+)*+\}' % holds


_REMEMBERED_NAME: Final = b'"rules"'
_REMEMBERED: Final = re.compile(rb'"rules":' + _object(b"|" + _object(b"|" + _object(b""))))
"""By rule; what a rule remembers has objects, but none within those."""


class InPlace:
    """Applied to sections. `texts`: what becomes of a member that is a text, by its name; None withholds it.

    `amounts`: whether members `..._minor` are withheld. What rules remember (`rules`) always is.
    """

    def __init__(self, texts: Mapping[str, Callable[[str], str | None]], amounts: bool) -> None:
        self._amounts = amounts
        self._shown_as = {name.encode(): how for name, how in texts.items()}
        names = b"|".join(self._shown_as)
        self._text = re.compile(rb'"(%s)"[ \t\r\n]*:[ \t\r\n]*"([^"]*)"' % names) if names else None

    def masked(self, section: bytes) -> bytes | None:
        """The section with its masks, all else as it was; None: it has to be parsed."""
        if b"\\" in section:
            return None
        shown = _without_amounts(section) if self._amounts else section
        if shown is not None and _REMEMBERED_NAME in shown:
            shown = _without_remembered(shown)
        if shown is not None and self._text is not None:
            shown = self._text.sub(self._show, shown)
        return shown

    def _show(self, member: re.Match[bytes]) -> bytes:
        name, text = member.groups()
        return b'"%s":%s' % (name, orjson.dumps(self._shown_as[name](text.decode())))


def _without_amounts(section: bytes) -> bytes | None:
    """None where a name of an amount, or what looks like one, is not followed by an amount."""
    names = section.count(_AMOUNT_NAME)
    if not names:
        return section
    shown, found = _AMOUNT.subn(b'_minor":null', section)
    if found < names:
        shown, tables = _BY_CURRENCY.subn(_emptied, shown)
        found += tables
    return shown if found == names else None


def _emptied(table: re.Match[bytes]) -> bytes:
    return _EACH.sub(b":null", table[0])


def _without_remembered(section: bytes) -> bytes | None:
    """Without what rules remember, and its comma; None where that has another form, or is there twice."""
    start = section.index(_REMEMBERED_NAME)
    member = _REMEMBERED.match(section, start)
    if member is None:
        return None
    before, after = section[:start], section[member.end() :]
    shown = before[:-1] + after if before.endswith(b",") else before + after.removeprefix(b",")
    return None if _REMEMBERED_NAME in shown else shown

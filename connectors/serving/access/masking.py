"""What is kept from a role inside a section: shortened identifiers, no amounts, no texts."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from connectors.serving.access.in_place import InPlace
from connectors.serving.access.roles import Mask
from schemas.views import DEADLINES, HOLDINGS, PROFILE, SUMMARY

__all__ = ["Masking", "last_digits"]

_STARS: Final = "***"
_SHOWN: Final = 4
"""Of a long number the last four; never more than a third of it."""
_LONG_NUMBER: Final = re.compile(r"\d(?:[ -]?\d){6,}")

_PARTY: Final = frozenset({Mask.DOCUMENT_NUMBER, Mask.PHONE, Mask.EMAIL, Mask.ADDRESS})
_MONEY: Final = frozenset({Mask.BALANCES})
_WRITTEN: Final = frozenset({Mask.DOCUMENT_NUMBER, Mask.PHONE, Mask.TEXTS})
_ALL: Final = frozenset(Mask)
_HELD_BY: Final[dict[str, frozenset[Mask]]] = {
    PROFILE: _PARTY,
    "account": _MONEY,
    "loan": _MONEY,
    "guarantee": _MONEY,
    "acceptance": _MONEY,
    "collateral": _MONEY | _WRITTEN,
    "history": _MONEY,
    "complaint": _WRITTEN,
    "interactions": _WRITTEN,
    SUMMARY: _MONEY,
    DEADLINES: frozenset(),
    HOLDINGS: frozenset(),
}
"""Family of sections -> what it may hold of each kind; a family that is not listed may hold anything."""

_TEXTS: Final = frozenset({"content", "resolution", "note", "comment", "reason", "description"})
_LISTED: Final = (list, tuple)
_NESTED: Final = (dict, *_LISTED)
_INTERNAL: Final = "rules"
"""What rules remember (amounts of a window, an address): left out wherever something is masked."""


def last_digits(text: str) -> str:
    """The end of an identifier, behind stars: `***1234`; a short one shows less, or nothing."""
    signs = text if text.isalnum() else "".join(filter(str.isalnum, text))
    shown = min(_SHOWN, len(signs) // 3)
    return _STARS + signs[len(signs) - shown :]


def _domain(text: str) -> str:
    _, at, domain = text.rpartition("@")
    return f"{_STARS}@{domain}" if at else _STARS


def _nothing(_text: str) -> str:
    return _STARS


def _withheld(_text: str) -> None:
    return None


def _without_numbers(text: str) -> str:
    return _LONG_NUMBER.sub(lambda found: last_digits(found[0]), text)


_SHORTENED: Final[Mapping[str, tuple[Mask, Callable[[str], str]]]] = {
    "document_number": (Mask.DOCUMENT_NUMBER, last_digits),
    "phone": (Mask.PHONE, last_digits),
    "email": (Mask.EMAIL, _domain),
    "address": (Mask.ADDRESS, _nothing),
    "address_before": (Mask.ADDRESS, _nothing),
}


class Masking:
    """Applies a set of masks to sections. A section that holds nothing of it passes as it is.

    What happens to a member of which name is worked out once; most members are then passed over with one look-up.
    """

    def __init__(self, masks: frozenset[Mask]) -> None:
        self.names = tuple(sorted(mask.value for mask in masks))
        """What is masked, by name."""
        self._amounts = Mask.BALANCES in masks
        self._texts = _texts(masks)
        self._unlisted = _in_place(masks, _ALL)
        self._in_place = {family: _in_place(masks, held) for family, held in _HELD_BY.items()}

    def sections(self, sections: Mapping[str, bytes]) -> dict[str, bytes]:
        """The sections as the role may see them."""
        shown = dict(sections)
        for name, section in sections.items():
            in_place = self._in_place.get(name.partition(":")[0], self._unlisted)
            if in_place is not None:
                shown[name] = in_place.masked(section) or self._parsed(section)
        return shown

    def _parsed(self, section: bytes) -> bytes:
        return orjson.dumps(self.value(orjson.loads(section)))

    def value(self, value: Any) -> Any:
        """A parsed JSON value as the role may see it."""
        if isinstance(value, dict):
            return self._members(value)
        if isinstance(value, _LISTED):
            return [self.value(inner) if isinstance(inner, _NESTED) else inner for inner in value]
        return value

    def _members(self, members: dict[str, Any]) -> dict[str, Any]:
        texts, amounts = self._texts, self._amounts
        # Most members stay as they are, so that copying all and replacing some is the least work.
        shown = members.copy()
        shown.pop(_INTERNAL, None)
        for name, value in shown.items():
            if amounts and name.endswith("_minor"):
                shown[name] = dict.fromkeys(value) if isinstance(value, dict) else None
            elif isinstance(value, str):
                if name in texts:
                    shown[name] = texts[name](value)
            elif isinstance(value, _NESTED):
                shown[name] = self.value(value)
        return shown


def _texts(masks: frozenset[Mask]) -> dict[str, Callable[[str], str | None]]:
    """Name of a member that is a text -> what is shown of it."""
    texts: dict[str, Callable[[str], str | None]] = {
        name: how for name, (mask, how) in _SHORTENED.items() if mask in masks
    }
    if Mask.TEXTS in masks:
        texts |= dict.fromkeys(_TEXTS, _withheld)
    elif masks & {Mask.DOCUMENT_NUMBER, Mask.PHONE}:
        # A text may repeat what its field does not show.
        texts |= dict.fromkeys(_TEXTS, _without_numbers)
    return texts


def _in_place(masks: frozenset[Mask], held: frozenset[Mask]) -> InPlace | None:
    """For sections that may hold so much; None where nothing of it is masked."""
    applied = masks & held
    texts = _texts(applied)
    if Mask.TEXTS not in held:
        texts = {name: how for name, how in texts.items() if name not in _TEXTS}
    return InPlace(texts, amounts=Mask.BALANCES in applied) if applied else None

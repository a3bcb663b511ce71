"""A whole view from its sections, by joining their bytes: nothing is parsed, so it costs what copying costs."""

from collections.abc import Collection, Mapping
from typing import Final

import orjson

from schemas.views import DEADLINES, HOLDINGS, INTERACTIONS, PROFILE, SUMMARY, TIMELINE

__all__ = ["PARTS", "assemble", "part_of"]

_NO_PROFILE: Final = b'{"name":null,"host_manager":null,"co_hosts":[],"signatories":[]}'
_FAMILIES: Final = {
    "accounts": "account",
    "history": "history",
    "loans": "loan",
    "guarantees": "guarantee",
    "acceptances": "acceptance",
    "collateral": "collateral",
    "complaints": "complaint",
    "alerts": "alert",
}
_SINGLE: Final = {
    DEADLINES: b'{"due":{}}',
    INTERACTIONS: b"null",
    HOLDINGS: b'{"products":{}}',
    TIMELINE: b'{"events":[]}',
}
"""Section -> what stands for it while there is none."""
_PART_OF: Final = {family: part for part, family in _FAMILIES.items()}
_OPENINGS: Final = {part: b'"%s":{' % part.encode() for part in _FAMILIES}
_BEGUN: Final = {name: (b'"%s":' % name.encode(), no) for name, no in _SINGLE.items()}

PARTS: Final = (PROFILE, *_FAMILIES, *_SINGLE, SUMMARY)
"""What a view consists of."""


def part_of(section: str) -> str:
    """The part of the view a section belongs to."""
    family, colon, _ = section.partition(":")
    return _PART_OF.get(family, section) if colon else section


def assemble(customer_id: str, sections: Mapping[str, bytes], parts: Collection[str] = PARTS) -> bytes:
    """The view as one JSON object; every section must be a JSON object, and the summary must be there if asked for.

    In order: customer_id, the fields of the profile, accounts, history (month-end balances, by account), loans,
    guarantees, acceptances, collateral (by contract), complaints and alerts by id, deadlines, interactions (or null),
    holdings, timeline, the fields of the summary; of these only `parts`.
    """
    entries = _entries(sections)
    members = [b'"customer_id":' + orjson.dumps(customer_id)]
    if PROFILE in parts and (profile := _inside(sections.get(PROFILE, _NO_PROFILE))):
        members.append(profile)
    members += [
        opening + b",".join(entries[part]) + b"}" if part in entries else opening + b"}"
        for part, opening in _OPENINGS.items()
        if part in parts
    ]
    members += [begun + sections.get(name, no) for name, (begun, no) in _BEGUN.items() if name in parts]
    if SUMMARY in parts and (summary := _inside(sections[SUMMARY])):
        members.append(summary)
    return b"{" + b",".join(members) + b"}"


def _inside(section: bytes) -> bytes:
    return section.strip()[1:-1].strip()


def _entries(sections: Mapping[str, bytes]) -> dict[str, list[bytes]]:
    """Part -> its members, in order of their ids."""
    entries: dict[str, list[bytes]] = {}
    for name in sorted(sections):
        family, colon, identity = name.partition(":")
        if colon and (part := _PART_OF.get(family)) is not None:
            entries.setdefault(part, []).append(orjson.dumps(identity) + b":" + sections[name])
    return entries

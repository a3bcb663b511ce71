"""Fold of the party and of who looks after it: section `profile`."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from schemas.base import utc_text
from schemas.customers import (
    CustomerAmended,
    CustomerEvent,
    CustomerRegistered,
    RelationshipAssigned,
    RelationshipEnded,
    RelationshipRole,
)
from streams.folds.order import stated
from streams.view import Section

__all__ = ["PARTY", "fold"]

PARTY: Final = (
    "name",
    "kind",
    "registered_on",
    "born_on",
    "document_number",
    "organisation_code",
    "phone",
    "email",
    "address",
    "home_branch",
    "vip",
    "tier",
)
"""The fields of a party that events state."""


def fold(section: Section | None, event: CustomerEvent) -> Section:
    """The profile after `event`; the very section when the event is a duplicate or superseded."""
    if section is None:
        section = _unheard_of()
    if isinstance(event, RelationshipAssigned):
        return _assign(section, event)
    if isinstance(event, RelationshipEnded):
        return _end(section, event)
    return _state_party(section, event)


def _unheard_of() -> Section:
    return {
        **dict.fromkeys(PARTY),
        "host_manager": None,
        "co_hosts": [],
        "signatories": [],
        "relationships": {},
        "order": {},
    }


def _state_party(section: Section, event: CustomerRegistered | CustomerAmended) -> Section:
    values = {name: getattr(event, name, None) for name in PARTY}
    facts = {name: {name: _json(value)} for name, value in values.items() if value is not None}
    return stated(section, event.source_seq, facts)


def _json(value: str | bool | date) -> str | bool:
    """The value as JSON carries it: an enumeration is a str already, but not only a str."""
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def _assign(section: Section, event: RelationshipAssigned) -> Section:
    held = section["relationships"].get(event.relationship_id, _UNKNOWN)
    seq = event.source_seq
    if seq <= held["assigned_seq"]:
        return section
    part = {
        "role": event.role.value,
        "party_id": event.party_id,
        "account_id": event.account_id,
        "since": utc_text(event.occurred_at),
        # An end that is newer than this assignment arrived before it, and stands.
        "active": seq > held["seq"],
        "seq": max(seq, held["seq"]),
        "assigned_seq": seq,
    }
    return _with_relationship(section, event.relationship_id, part)


def _end(section: Section, event: RelationshipEnded) -> Section:
    held = section["relationships"].get(event.relationship_id, _UNKNOWN)
    if event.source_seq <= held["seq"]:
        return section
    part = {**held, "active": False, "seq": event.source_seq}
    return _with_relationship(section, event.relationship_id, part)


_UNKNOWN: Final[dict[str, Any]] = {
    "role": None,
    "party_id": None,
    "account_id": None,
    "since": None,
    "active": False,
    "seq": -1,
    "assigned_seq": -1,
}


def _with_relationship(section: Section, relationship_id: str, part: dict[str, Any]) -> Section:
    relationships = {**section["relationships"], relationship_id: part}
    current = {name: held for name, held in relationships.items() if held["active"]}
    hosts = {name: held for name, held in current.items() if held["role"] == RelationshipRole.HOST}
    return {
        **section,
        "relationships": relationships,
        "host_manager": _newest(hosts),
        "co_hosts": _parties(current.values(), RelationshipRole.CO_HOST),
        "signatories": _parties(current.values(), RelationshipRole.SIGNATORY),
    }


def _newest(hosts: dict[str, dict[str, Any]]) -> str | None:
    # Instants, not their texts: "...:00.5Z" sorts before "...:00Z".
    newest = max(hosts, key=lambda name: (datetime.fromisoformat(hosts[name]["since"]), name), default=None)
    return None if newest is None else hosts[newest]["party_id"]


def _parties(current: Iterable[dict[str, Any]], role: RelationshipRole) -> list[str]:
    return sorted({part["party_id"] for part in current if part["role"] == role})

"""The audit trail of lookups: topic `lookup-audit`, a record for every answer that was to tell of customers."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.alerts import EXTENSIBLE
from schemas.base import Contract, CustomerId, Instant

__all__ = ["Look", "LookOutcome", "LookupAudit"]


class Look(StrEnum):
    """What was asked for."""

    VIEW = "view"
    FIND = "find"
    SEARCH = "search"
    TIMELINE = "timeline"
    ALERTS = "alerts"
    MATURITIES = "maturities"
    COMPLAINTS = "complaints"
    PORTFOLIO = "portfolio"
    BIRTHDAYS = "birthdays"
    UNTOUCHED = "untouched"
    TOP = "top"
    FOLLOW = "follow"
    """Changes as they come, from then on."""
    ACT = "act"
    """An action on an alert."""


class LookOutcome(StrEnum):
    """What the asker was told."""

    SHOWN = "shown"
    UNCHANGED = "unchanged"
    """What he has already is still so."""
    UNKNOWN = "unknown"
    """There is no such customer."""
    FORBIDDEN = "forbidden"
    """There is, and he may not see him; he was told what he is told of an unknown one."""


class LookupAudit(Contract):
    """Who looked at which customers, at what of them, why, when, and what came of it. It holds nothing of the
    customers but their numbers.
    """

    audit_id: UUID
    at: Instant
    person: str
    """Subject of the token, or name of the machine."""
    role: str
    look: Annotated[Look, Field(json_schema_extra=EXTENSIBLE)]
    outcome: Annotated[LookOutcome, Field(json_schema_extra=EXTENSIBLE)]
    asked_by: str
    """The kind of identifier that was given: customer, account, phone, name, manager, ...; never the identifier
    itself."""
    customers: list[CustomerId]
    """Those shown, or the one asked for and not shown; as many as there were."""
    fields: list[str]
    """Parts of the view that were shown; empty where only a line of each customer was."""
    masked: list[str]
    """What was masked."""
    reason: str | None
    """Why, as far as the asker said."""
    request_id: str
    """Stands in the answer's header and in the log, too."""

"""What lookups answer: immutable, and true of one namespace as it stood while it was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

import orjson

from connectors.identifiers import IdentifierKind
from connectors.serving.assembly import assemble
from schemas.views import PROFILE, SUMMARY

__all__ = [
    "AlertOf",
    "Birthday",
    "Due",
    "Hit",
    "Holding",
    "Match",
    "Maturity",
    "OpenComplaint",
    "Page",
    "Party",
    "PortfolioRow",
    "Section",
    "Untouched",
    "Valued",
    "View",
    "Why",
    "received_on",
]

Section = Mapping[str, Any]
"""A section as `schemas/views.py` types it."""

Why = Literal["customer_number"] | IdentifierKind
"""What a text turned out to be."""

T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """One customer's view as it stood in Redis at one instant."""

    customer_id: str
    sections: Mapping[str, bytes]
    """Section name -> JSON."""
    version: str = field(default="", compare=False)
    """Another one whenever anything of the view is another; good for an ETag."""

    def json(self) -> bytes:
        """The whole view as one JSON object."""
        return assemble(self.customer_id, self.sections)

    def section(self, name: str) -> Section | None:
        """A section decoded, or None where the view has none."""
        value = self.sections.get(name)
        return None if value is None else orjson.loads(value)

    @cached_property
    def party(self) -> "Party":
        """Who it is and who looks after him."""
        return Party.of(self.customer_id, self.section(PROFILE) or {})

    @property
    def summary(self) -> Section:
        """Totals, and as of when."""
        return self.section(SUMMARY) or {}


@dataclass(frozen=True, slots=True)
class Party:
    """A customer in a list: enough to name him, and to judge who may see him."""

    customer_id: str
    name: str | None
    kind: str | None
    tier: str | None
    vip: bool
    host_manager: str | None
    co_hosts: tuple[str, ...]
    home_branch: str | None

    @classmethod
    def of(cls, customer_id: str, profile: Section) -> "Party":
        """From a profile, which may be empty."""
        return cls(
            customer_id=customer_id,
            name=profile.get("name"),
            kind=profile.get("kind"),
            tier=profile.get("tier"),
            vip=bool(profile.get("vip")),
            host_manager=profile.get("host_manager"),
            co_hosts=tuple(profile.get("co_hosts") or ()),
            home_branch=profile.get("home_branch"),
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A customer whom a text means, and what the text is to him. Several: the text is ambiguous."""

    view: View
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer whose name goes on as typed."""

    party: Party
    from_word: str
    """His name, folded, from the word on that begins as typed; hits come in order of it."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. It may have fewer items than asked for and not be the last one."""

    items: tuple[T, ...]
    next: str | None
    """What to hand in as `after` for what follows; None: this was all."""


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """A customer of a manager or of a branch."""

    party: Party
    totals: Section
    as_of: str | None


@dataclass(frozen=True, slots=True)
class AlertOf:
    """An open alert with its customer."""

    party: Party
    json: bytes
    """The alert as published: `schemas.alerts.Alert`."""
    alert: Section
    """The same, decoded."""


@dataclass(frozen=True, slots=True)
class Maturity:
    """Something that falls due."""

    party: Party
    subject: str
    """`account:<id>`, `loan:<contract>/drawdown:<id>`, `acceptance:<contract>/bill:<id>` or `guarantee:<contract>`."""
    on: date
    currency: str | None
    amount_minor: int | None
    """Balance of the deposit; what is outstanding of the drawdown, or to be provided for the bill; the guarantee's."""


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """A complaint neither resolved nor withdrawn."""

    party: Party
    profile: Section
    complaint: Section


Due = Callable[[Section, Section], str | None]
"""(profile, complaint) -> the day on which something is owed to it, ISO text; None: nothing is, as far as is known."""


def received_on(_profile: Section, complaint: Section) -> str | None:
    """The day of receipt, from which every limit counts: for those who do not know the bank's rules."""
    day: str | None = complaint.get("received_on")
    return day


@dataclass(frozen=True, slots=True)
class Birthday:
    """Somebody who was born, or something that was founded, on this day of a year."""

    party: Party
    born_on: date


@dataclass(frozen=True, slots=True)
class Untouched:
    """A customer with whom there was no contact for long."""

    party: Party
    last_contact_at: datetime | None
    """None: none is known."""


@dataclass(frozen=True, slots=True)
class Valued:
    """A customer by what he has at the bank."""

    party: Party
    currency: str
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Holding:
    """An account or a contract by its amount."""

    party: Party
    section: str
    currency: str
    amount_minor: int

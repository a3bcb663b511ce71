"""The pure heart: one customer's view, what arrived for him and the time, to the changed view and its alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.events import CustomerScoped
from streams.rules import Rules
from streams.view import Section, View

__all__ = ["FOLDED", "LATE", "REDELIVERED", "Arrival", "Outcome", "Raised", "Step", "step"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event with its position, and the partition's clock when it is folded."""

    event: CustomerScoped
    topic: str
    topic_id: str
    partition: int
    offset: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an arrival: `kind` is folded, late, refused or redelivered; `error` says why it was refused."""

    kind: str
    error: str | None = None


FOLDED = Outcome("folded")
LATE = Outcome("late", "older than the newest 32 additive events of its entity, which are all that can be recognised")
REDELIVERED = Outcome("redelivered")


@dataclass(frozen=True, slots=True)
class Raised:
    """A record for an alert topic; `section` is the Alert, the same as in the view's section `alert:<id>`."""

    topic: str
    section_name: str
    section: Section


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: `view.changed` holds the new sections, these are the rest."""

    alerts: list[Raised]
    outcomes: list[Outcome]
    """One per arrival, in order."""
    due_on: str | None
    """`summary.due_on` after the step: what a queue of deadlines needs to know."""


def step(view: View, arrivals: Sequence[Arrival], rules: Rules, now: datetime, as_of: str) -> Step:
    """Fold `arrivals` into `view` and fire its deadlines up to `now` (meaning: ARCHITECTURE.md)."""
    raise NotImplementedError

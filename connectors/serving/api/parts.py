"""What the API is made of; the composition root puts it together, tests with doubles."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from connectors.serving.access.roles import Role
from connectors.serving.api.fresh import FreshnessWatch
from connectors.serving.api.rates import Rates
from connectors.serving.audit_trail import AuditTrail
from connectors.serving.changes import Changes
from connectors.serving.tokens.who import Who
from connectors.serving.views_async import AsyncViews
from schemas.actions import AlertAction

__all__ = ["ApiMetrics", "Limits", "Parts", "SignIn"]

Limits = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, str]]
"""(profile, complaint) -> what is owed (`acknowledgement`, `resolution`) -> the last day on which it is in time."""


class ApiMetrics(Protocol):
    """What the API tells of itself."""

    def request(self, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is its template, never its path."""

    def look(self, role: str, look: str, outcome: str) -> None:
        """A look at customers ended so."""

    def audited(self, seconds: float) -> None:
        """A record of the audit trail was acknowledged."""

    def audit_failed(self) -> None:
        """A record of the audit trail could not be written."""

    def streams(self, following: int) -> None:
        """So many follow changes now."""


@dataclass(frozen=True)
class SignIn:
    """How a browser gets a token; the console is told."""

    issuer: str
    client_id: str
    scope: str = "openid"


@dataclass(frozen=True)
class Parts:
    """Everything an answer needs."""

    views: AsyncViews
    roles: Mapping[str, Role]
    who: Who
    audit: AuditTrail
    answers_unaudited: bool
    """Whether an answer goes out when the audit trail can't be written."""
    freshness: FreshnessWatch
    changes: Changes
    rates: Rates
    metrics: ApiMetrics
    send_action: Callable[[AlertAction], Awaitable[None]]
    """Publishes on topic `alert-actions`. Raises Unavailable."""
    operations: Callable[[], Mapping[str, Any]]
    """Sources, lag and dead letters, for the role operations."""
    now: Callable[[], datetime]
    today: Callable[[], date]
    """The bank's day: the wall's, or in a replay the events'."""
    limits: Limits = lambda _profile, _complaint: {}
    """By the rules in force."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds, by which what is looked at again and again is due."""
    sign_in: SignIn | None = None
    rereading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    """So many portfolios are read again at once for those who follow changes."""
    most_streams: int = 10_000
    most_streams_each: int = 8
    background: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = field(default=())
    """Run while the API does."""

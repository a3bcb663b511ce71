# ruff: noqa: ARG002  what a fake does not need, its signature names all the same
"""The lookup API in tests: the real application on doubles of what is behind it, asked in this process."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

import httpx
import orjson
from jwt import PyJWK
from starlette.types import ASGIApp

from connectors.errors import Unavailable
from connectors.serving.access.roles import Role, default_roles
from connectors.serving.answers import (
    AlertOf,
    Birthday,
    Due,
    Hit,
    Holding,
    Match,
    Maturity,
    OpenComplaint,
    Page,
    PortfolioRow,
    Untouched,
    Valued,
    View,
    received_on,
)
from connectors.serving.api.app import create_api
from connectors.serving.api.fresh import FreshnessWatch
from connectors.serving.api.parts import Parts
from connectors.serving.api.rates import Rates
from connectors.serving.audit_trail import encoded
from connectors.serving.changes import Changes
from connectors.serving.freshness import Freshness
from connectors.serving.pages import starts
from connectors.serving.tokens.bearer import BearerTokens
from connectors.serving.tokens.dev_issuer import AUDIENCE, DevIssuer, DevPerson
from connectors.serving.tokens.issuer_keys import FixedKeys
from connectors.serving.tokens.machines import Machine, Machines, new_key
from connectors.serving.tokens.who import Who
from connectors.serving.views_async import AsyncViews
from schemas.actions import AlertAction
from schemas.audit import LookupAudit

__all__ = ["AnApi", "FakeViews", "a_customer", "an_api"]

ISSUER_URL: Final = "http://127.0.0.1:8360/dev-issuer"
KEY, HASHED = new_key()
MACHINE: Final = Machine(name="crm", role="call_centre", key_sha256=HASHED, certificate="crm.bank.example")
PEOPLE: Final = {
    "klara": DevPerson(subject="klara", name="Klara", role="call_centre"),
    "marek": DevPerson(subject="marek", name="Marek", role="manager", manager="M1"),
    "helena": DevPerson(subject="helena", name="Helena", role="branch_head", branch="B1"),
    "otto": DevPerson(subject="otto", name="Otto", role="operations"),
    "petra": DevPerson(subject="petra", name="Petra", role="marketing"),
    "anna": DevPerson(subject="anna", name="Anna", role="auditor"),
}


COMPLAINT: Final[Mapping[str, Any]] = {
    "complaint_id": "K1",
    "status": "open",
    "received_on": "2026-11-20",
    "content": "Call me: +420 602 123 456",
}


def limits(profile: Mapping[str, Any], complaint: Mapping[str, Any]) -> Mapping[str, str]:
    """A day after it was received for the best, or else a week."""
    return {"acknowledgement": "2026-11-21" if profile.get("tier") == "top" else "2026-11-27"}


def wall_clock() -> float:
    """Unix seconds: PyJWT judges by the wall's clock, so tokens are made by it."""
    return datetime.now(UTC).timestamp()  # noqa: TID251  a test of the edge


def a_customer(customer_id: str, **profile: Any) -> dict[str, bytes]:
    """Sections of a customer of manager M1 and branch B1, as far as `profile` does not say otherwise."""
    party = {
        "name": f"Customer {customer_id}",
        "kind": "personal",
        "document_number": "8001014433",
        "phone": "+420602123456",
        "email": "somebody@example.com",
        "address": "Dlouha 7",
        "host_manager": "M1",
        "co_hosts": [],
        "signatories": [],
        "home_branch": "B1",
        **profile,
    }
    sections: dict[str, Any] = {
        "profile": party,
        "account:A1": {"account_id": "A1", "balance_minor": 100_000, "currency": "CZK"},
        "summary": {"totals": {"balance_minor": {"CZK": 100_000}}, "due_on": None, "as_of": "2026-11-23T10:00:00Z"},
    }
    return {name: json.dumps(section).encode() for name, section in sections.items()}


class FakeViews(AsyncViews):
    """Views out of a dict; lists have every customer, since what is permitted is not the client's to judge."""

    def __init__(self, customers: Mapping[str, Mapping[str, bytes]]) -> None:
        self.customers = dict(customers)
        self.trouble: Unavailable | None = None
        self.while_read: Callable[[], object] = lambda: None
        """What happens between the reading of a portfolio and its arrival."""
        self.lag = self.workers_behind = 0
        """What the projector says."""

    def _views(self) -> list[View]:
        if self.trouble is not None:
            raise self.trouble
        return [View(number, sections) for number, sections in sorted(self.customers.items())]

    async def by_number(self, customer_id: str) -> View | None:
        return next((view for view in self._views() if view.customer_id == customer_id), None)

    async def find(self, text: str) -> list[Match]:
        return [Match(view, ("customer_number",)) for view in self._views() if view.customer_id == text]

    async def search(self, prefix: str, limit: int = 20) -> list[Hit]:
        return [Hit(view.party, "customer") for view in self._views()][:limit]

    async def portfolio(self, who: str, after: str | None = None, limit: int = 100) -> Page[PortfolioRow]:
        rows = [PortfolioRow(view.party, view.summary["totals"], view.summary["as_of"]) for view in self._views()]
        self.while_read()
        return Page(tuple(rows), None)

    async def alerts_to(self, addressee: str, after: str | None = None, limit: int = 100) -> Page[AlertOf]:
        starts(after, 1)
        return Page(tuple(self._alerts()), None)

    async def alerts_of_branch(self, branch_id: str, after: str | None = None, limit: int = 100) -> Page[AlertOf]:
        starts(after, 1)
        return Page(tuple(self._alerts()), None)

    def _alerts(self) -> list[AlertOf]:
        return [
            AlertOf(view.party, value, json.loads(value))
            for view in self._views()
            for name, value in view.sections.items()
            if name.startswith("alert:")
        ]

    async def maturities(
        self, who: str, from_day: date, to_day: date, after: str | None = None, limit: int = 100
    ) -> Page[Maturity]:
        starts(after, 1)
        return Page(tuple(Maturity(view.party, "account:A1", from_day, "CZK", 100_000) for view in self._views()), None)

    async def complaints(
        self, who: str, after: str | None = None, limit: int = 100, due: Due = received_on
    ) -> Page[OpenComplaint]:
        starts(after, 2)
        profile = {"tier": "top"}
        assert due(profile, COMPLAINT) == min(limits(profile, COMPLAINT).values())
        return Page(tuple(OpenComplaint(view.party, profile, COMPLAINT) for view in self._views()), None)

    async def birthdays(self, who: str, from_day: date, to_day: date, limit: int = 100) -> list[Birthday]:
        return [Birthday(view.party, date(1980, 1, 1)) for view in self._views()]

    async def untouched(self, who: str, since_day: date, limit: int = 100) -> list[Untouched]:
        return [Untouched(view.party, None) for view in self._views()]

    async def top_by_value(
        self, currency: str, branch_id: str | None = None, after: str | None = None, limit: int = 20
    ) -> Page[Valued]:
        starts(after, 1)
        return Page(tuple(Valued(view.party, currency, 100_000) for view in self._views()), None)

    async def top_by_product(
        self, product: str, currency: str, branch_id: str | None = None, after: str | None = None, limit: int = 20
    ) -> Page[Holding]:
        starts(after, 1)
        return Page(tuple(Holding(view.party, "account:A1", currency, 100_000) for view in self._views()), None)

    async def freshness(self) -> Freshness:
        self._views()
        return Freshness(wall_clock(), "running", self.lag, self.workers_behind)


@dataclass
class Clock:
    """The clocks of the application: how far they are ahead of where they stood."""

    ahead_s: float = 0.0

    def wall(self) -> float:
        return wall_clock() + self.ahead_s

    def monotonic(self) -> float:
        return self.ahead_s


class KeysTakenBack(FixedKeys):
    """An issuer's keys, until it takes them back."""

    are_good = True

    async def key(self, key_id: str) -> PyJWK | None:
        return await super().key(key_id) if self.are_good else None


@dataclass
class AuditInMemory:
    """Keeps what is written, or refuses it."""

    records: list[LookupAudit] = field(default_factory=list)
    trouble: Unavailable | None = None

    async def write(self, look: Mapping[str, Any]) -> None:
        if self.trouble is not None:
            raise self.trouble
        # What would stand in the topic, to the letter of the contract.
        written = encoded(look)
        record = LookupAudit.model_validate_json(written)
        assert orjson.loads(written) == orjson.loads(record.model_dump_json())
        self.records.append(record)


class Silent:
    """Metrics that nobody reads."""

    def request(self, route: str, status: int, seconds: float) -> None: ...
    def look(self, role: str, look: str, outcome: str) -> None: ...
    def audited(self, seconds: float) -> None: ...
    def audit_failed(self) -> None: ...
    def streams(self, following: int) -> None: ...


class Heard(Silent):
    """Metrics, of which requests are kept."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []

    def request(self, route: str, status: int, seconds: float) -> None:
        self.requests.append((route, status))


@dataclass
class AnApi:
    """The application, what is behind it, and how to ask it."""

    app: ASGIApp
    views: FakeViews
    audit: AuditInMemory
    changes: Changes
    issuer: DevIssuer
    freshness: FreshnessWatch
    actions: list[AlertAction]
    metrics: Heard
    keys: KeysTakenBack
    clock: Clock
    parts: Parts

    async def ask(
        self, path: str, person: str | None = "klara", method: str = "GET", body: Any = None, **headers: str
    ) -> httpx.Response:
        """One request, by a person with his token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if person is not None:
            named["Authorization"] = f"Bearer {self.issuer.token(PEOPLE[person])}"
        async with self.client() as client:
            return await client.request(method, path, json=body, headers=named)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the application in this process."""
        await self.freshness.look()
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            yield client


def an_api(
    customers: Mapping[str, Mapping[str, bytes]],
    *,
    roles: Mapping[str, Role] | None = None,
    per_second: float = 10_000,
    answers_unaudited: bool = False,
) -> AnApi:
    """The application on these customers."""
    views, audit, changes, actions = FakeViews(customers), AuditInMemory(), Changes(), list[AlertAction]()
    metrics = Heard()
    issuer = DevIssuer(ISSUER_URL, list(PEOPLE.values()), wall_clock)
    keys, clock = KeysTakenBack(issuer.key_set()), Clock()
    freshness = FreshnessWatch(views.freshness, changes.wake)

    async def send(action: AlertAction) -> None:
        actions.append(action)

    parts = Parts(
        views=views,
        roles=roles or default_roles(),
        who=Who(BearerTokens(ISSUER_URL, AUDIENCE, keys, clock.wall), Machines([MACHINE])),
        audit=audit,
        answers_unaudited=answers_unaudited,
        freshness=freshness,
        changes=changes,
        rates=Rates(per_second, lambda: 0.0),
        metrics=metrics,
        send_action=send,
        operations=lambda: {"sources": [], "partitions": [], "dead_letters": 0, "late_events": 0},
        now=lambda: datetime(2026, 11, 23, 10, 0, 0, 120_034, tzinfo=UTC),
        today=lambda: date(2026, 11, 23),
        limits=limits,
        monotonic=clock.monotonic,
    )
    return AnApi(create_api(parts), views, audit, changes, issuer, freshness, actions, metrics, keys, clock, parts)

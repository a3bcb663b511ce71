"""A bank of three customers behind the console: the pure heart folds, the projector's store fills a real Redis, and the
real API serves it, in this process. Nothing is Kafka: looks are kept in a list, an action is folded at once."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, expect

from connectors.identifiers import Identifiers
from connectors.serving import views_async
from connectors.serving.access.roles import default_roles
from connectors.serving.api.app import create_api
from connectors.serving.api.fresh import FreshnessWatch
from connectors.serving.api.parts import Parts, SignIn
from connectors.serving.api.rates import Rates
from connectors.serving.api.server import ApiServer, server_settings
from connectors.serving.changes import Changes
from connectors.serving.tokens.bearer import BearerTokens
from connectors.serving.tokens.dev_issuer import AUDIENCE, CLIENT_ID, DevIssuer, default_people, dev_issuer_routes
from connectors.serving.tokens.issuer_keys import FixedKeys
from connectors.serving.tokens.machines import Machines
from connectors.serving.tokens.who import Who
from connectors.serving.views_async import AsyncViews
from connectors.sinks.holding import Change
from connectors.sinks.redis_store import RedisStore
from ops.rules import DEFAULT_RULE_FILE
from schemas.actions import AlertAction
from schemas.events import Event
from schemas.rules import RuleFile
from schemas.views import PROFILE
from streams.rules import Rules
from streams.rules.limits import limits_of
from streams.rules.load import load_rules
from streams.view import View
from tests.support import builders
from tests.support.api import AuditInMemory, Silent, wall_clock
from tests.support.heart import Heart
from tests.support.oracle import Delivery, Record
from tests.support.redis_server import a_redis

__all__ = ["INJECTED", "JANA", "KAREL", "PATIENCE_MS", "WANG", "ConsoleBank", "be", "console_bank", "sign_in"]

NOW: Final = datetime(2020, 11, 25, 9, tzinfo=UTC)
"""The bank's clock stands at a Wednesday: before any clock by which tokens are judged."""
JANA, KAREL, WANG = "C100", "C200", "C300"
INJECTED: Final = '<img src=x onerror="document.title=1"><script>document.title=2</script>Charged twice'
PATIENCE_MS: Final = 60_000
_SECRET: Final = b"of-the-browser-tests"
_WORKING_DAY_S: Final = 8 * 3600.0


class ConsoleBank:
    """Jana of manager M001 has everything; Karel is M002's, 王小明 M054's. A bank serves from `start` to `stop`.

    Tokens last a working day; where they last `token_s`, streams end with them.
    """

    def __init__(self, redis_url: str, token_s: float | None = None) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.sessions: dict[str, str] = {}
        """Person -> his session, as the console keeps it in a tab."""
        self.audit = AuditInMemory()
        self.projector = "running"
        """What its heartbeat says."""
        self._rules = Rules(_all_in_force(load_rules(DEFAULT_RULE_FILE)), "UTC")
        self._heart = Heart(self._rules)
        self._offsets = 0
        self._folding = threading.Lock()
        self._store = RedisStore(redis_url, Identifiers(_SECRET))
        self._changes = Changes()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.issuer = DevIssuer(
            f"{self.address}/dev-issuer", default_people(), wall_clock, _WORKING_DAY_S if token_s is None else token_s
        )
        self._now = (lambda: NOW) if token_s is None else (lambda: datetime.fromtimestamp(wall_clock(), UTC))
        self._server = self._api(redis_url)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})

    def start(self) -> None:
        """What has happened so far can be looked up."""
        self._store.begin("topic-1", [0], wall_clock())
        self.send(*_jana(), *_karel(), *_wang())
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Nothing of it is left."""
        self._server.should_exit = True
        self._thread.join()
        self._store.close()

    def send(self, *events: Event, tell: bool = True) -> None:
        """Fold events, write what changed to Redis and tell whoever follows: as worker, projector and tail do.

        Not to `tell`: as what was told before anybody followed, and is written late.
        """
        with self._folding:
            before = {customer: dict(sections) for customer, sections in self._heart.views.items()}
            self._heart.fold([self._delivery(event) for event in events], NOW)
            changed = {
                customer: _difference(before.get(customer, {}), sections)
                for customer, sections in self._heart.views.items()
                if sections != before.get(customer)
            }
            last = self._offsets
            self._store.apply([Change(who, 0, last, last, 0.0, sections) for who, sections in changed.items()])
        if tell and self._loop is not None:
            self._loop.call_soon_threadsafe(self._changes.publish, list(changed.items()))

    def look_again(self) -> None:
        """All views are others now: as when a rebuilt namespace takes over."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._changes.look_again)

    def _delivery(self, event: Event) -> Delivery:
        self._offsets += 1
        return Delivery(Record(event, builders.topic_of(event), self._offsets), min(NOW, event.occurred_at))

    def _limits(self, profile: Mapping[str, Any], complaint: Mapping[str, Any]) -> dict[str, str]:
        return limits_of(self._rules, View("", {}, {PROFILE: dict(profile)}), dict(complaint))

    async def _act(self, action: AlertAction) -> None:
        await asyncio.to_thread(self.send, action)

    async def _keep_beating(self) -> None:
        self._loop = asyncio.get_running_loop()
        while True:
            await asyncio.to_thread(self._beat)
            await asyncio.sleep(0.2)

    def _beat(self) -> None:
        with self._folding:
            self._store.heartbeat(
                {"at": f"{wall_clock():.3f}", "state": self.projector, "lag": "0", "workers_behind": "0"}
            )

    def _api(self, redis_url: str) -> ApiServer:
        views = AsyncViews(views_async.connect(redis_url), Identifiers(_SECRET))
        issuer = self.issuer
        parts = Parts(
            views=views,
            roles=default_roles(),
            who=Who(BearerTokens(issuer.url, AUDIENCE, FixedKeys(issuer.key_set())), Machines()),
            sign_in=SignIn(issuer.url, CLIENT_ID),
            audit=self.audit,
            answers_unaudited=False,
            freshness=FreshnessWatch(views.freshness, self._changes.wake),
            changes=self._changes,
            rates=Rates(1_000, time.monotonic),
            metrics=Silent(),
            send_action=self._act,
            operations=lambda: OPERATIONS,
            now=self._now,
            today=NOW.date,
            limits=self._limits,
            background=(self._keep_beating,),
        )
        config = server_settings(create_api(parts, [dev_issuer_routes(issuer)]), None, 1_000)
        return ApiServer(config, self._changes.close)


OPERATIONS: Final[Mapping[str, Any]] = {
    "sources": [{"topic": "complaint-events", "records": 4_711, "lag": 12, "newest_at": "2026-11-23T09:15:00Z"}],
    "partitions": [{"partition": 0, "clock_at": "2020-11-25T09:00:00Z", "folded": 4_699, "late": 0, "dead": 2}],
    "dead_letters": 2,
    "late_events": 0,
}


@contextmanager
def console_bank(folder: Path, token_s: float | None = None) -> Iterator[ConsoleBank]:
    """A bank that serves, over a Redis of its own in `folder`."""
    with a_redis(folder) as server:
        made = ConsoleBank(server.address, token_s)
        made.start()
        yield made
        made.stop()


def _all_in_force(shipped: RuleFile) -> RuleFile:
    """The limits of complaints among them, which are shipped switched off."""
    return shipped.model_copy(update={"rules": [rule.model_copy(update={"enabled": True}) for rule in shipped.rules]})


def _difference(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, bytes | None]:
    changed: dict[str, bytes | None] = {name: value for name, value in after.items() if before.get(name) != value}
    return changed | {name: None for name in before if name not in after}


def _jana() -> list[Event]:
    of = {"customer_id": JANA}
    account, deposit, loan = {**of, "account_id": "A100"}, {**of, "account_id": "A101"}, {**of, "contract_id": "L100"}
    months = [
        builders.an_entry(
            **account,
            source_seq=month,
            balance_minor=40_000_00 + month * 1_000_00,
            booked_on=f"2020-{month:02}-15",
            occurred_at=f"2020-{month:02}-15T12:00:00Z",
        )
        for month in range(1, 11)
    ]
    return [
        builders.a_customer(
            **of,
            name="Jana Novotná",
            vip=True,
            tier="key",
            born_on="1980-11-27",
            phone="+420 602 123 456",
            document_number="8001014433",
            address="Dlouhá 7, Olomouc",
            home_branch="B001",
        ),
        builders.a_host("M001", **of),
        builders.an_account(**account),
        *months,
        builders.a_freeze(**account, source_seq=20, occurred_at="2020-11-02T10:00:00Z"),
        builders.an_account(**deposit, product="term-deposit", currency="EUR", maturity_on="2020-11-28"),
        builders.a_balance(**deposit, currency="EUR", balance_minor=9_000_00),
        builders.a_contract(**loan),
        builders.a_drawdown(**loan),
        builders.a_missed_instalment(
            **loan, due_on="2020-11-01", arrears_minor=12_000_00, occurred_at="2020-11-03T12:00:00Z"
        ),
        builders.a_complaint(
            **of, complaint_id="K100", received_on="2020-11-20", content=INJECTED, occurred_at="2020-11-20T12:00:00Z"
        ),
        builders.a_contact(**of, occurred_at="2020-06-01T12:00:00Z", outcome="reached"),
    ]


def _karel() -> list[Event]:
    of = {"customer_id": KAREL}
    return [builders.a_customer(**of, name="Karel Malý", home_branch="B002"), builders.a_host("M002", **of)]


def _wang() -> list[Event]:
    of = {"customer_id": WANG}
    large = {"amount_minor": 60_000_00, "balance_minor": 60_000_00, "booked_on": "2020-11-24"}
    return [
        builders.a_customer(**of, name="王小明", tier="top", home_branch="B001"),
        builders.a_host("M054", **of),
        builders.an_account(**of, account_id="A300"),
        builders.an_entry(**of, account_id="A300", **large, occurred_at="2020-11-24T12:00:00Z"),
    ]


def be(page: Page, bank: ConsoleBank, person: str, place: str = "#/") -> None:
    """Somebody who has signed in, at a place of the console; only the first time goes by way of the issuer."""
    if person not in bank.sessions:
        sign_in(page, bank, person, place)
        bank.sessions[person] = page.evaluate("sessionStorage.getItem('c360.session')")
        return
    page.goto(f"{bank.address}/console/icon.svg")
    page.evaluate("session => sessionStorage.setItem('c360.session', session)", bank.sessions[person])
    page.goto(f"{bank.address}/console/{place}")
    expect(page.locator("#bar .person")).to_contain_text(person, timeout=PATIENCE_MS)


def sign_in(page: Page, bank: ConsoleBank, person: str, place: str = "#/") -> None:
    """As somebody of the development issuer, by its page, to a place of the console."""
    page.goto(f"{bank.address}/console/{place}")
    page.locator("main button.primary").click()
    page.get_by_role("link", name=person, exact=True).click()
    expect(page.locator("#bar .person")).to_contain_text(person, timeout=PATIENCE_MS)

"""`c360 rebuild` on real Kafka and Redis, under load: another fold beside the one in force, there and back."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from confluent_kafka import KafkaException

from connectors.serving.views import Views, connect
from ops.demo.metrics_reader import scrape
from ops.index_key import identifiers_of
from ops.launcher.ports import free_ports
from ops.launcher.programs import Program
from ops.rule_changes import seed_rules
from ops.settings import load_settings
from ops.topics import write_ticks
from ops.view_generations import generations_of, in_force_of
from ops.views_rebuild.switching import members_of, switch_to
from schemas.events import CustomerScoped
from schemas.generations import group_of, views_topic
from schemas.topics import DEAD_LETTERS, LATE_EVENTS
from tests.support import builders
from tests.support.heart import differences
from tests.support.outcome import alerts_on, expected_of, views_on
from tests.support.system import (
    WorkerProcess,
    committed_records,
    empty_topics,
    ending,
    group_positions,
    input_ends,
    produce,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
CUSTOMERS = 6
MOST_DAYS = 30
ANOTHER_ZONE = "Pacific/Kiritimati"
"""In which the bank's days begin 14 hours before those in UTC: a report of the evening is of the day after."""
RULES = """
rules:
  - {id: large-balance, kind: large_balance, severity: notice, threshold: 100000.00, rearm_percent: 95}
  - {id: large-entry, kind: large_entry, severity: notice, threshold: 50000.00}
  - {id: maturity, kind: maturity, severity: notice, days_before: [30, 20, 10, 5, 1]}
"""
SECRET = "a secret of the tests' own"


def _parties() -> Iterator[CustomerScoped]:
    for number in range(CUSTOMERS):
        common = {"customer_id": f"C{number}", "occurred_at": BEGIN + timedelta(seconds=number)}
        yield builders.a_customer(name=f"Customer {number}", **common)
        yield builders.a_host(relationship_id=f"R{number}", party_id=f"M{number % 3}", **common)
        yield builders.an_account(account_id=f"A{number}", **common)
        yield builders.a_contract(contract_id=f"L{number}", **common)
        matures = BEGIN + timedelta(days=35 + number)
        yield builders.a_drawdown(contract_id=f"L{number}", drawdown_id="D1", maturity_on=matures.date(), **common)


def _day(day: int) -> Iterator[CustomerScoped]:
    """An entry and, in the evening, a reported balance of each customer, around the thresholds."""
    for hour in (8, 20):
        for number in range(CUSTOMERS):
            at = BEGIN + timedelta(days=day, hours=hour, seconds=number)
            said: dict[str, Any] = {"customer_id": f"C{number}", "account_id": f"A{number}", "occurred_at": at}
            said["balance_minor"] = 9_000_000 + ((day * 29 + number * 7 + hour) % 17) * 200_000
            if hour == 20:
                yield builders.a_balance(source_seq=2 * day + 1, **said)
            else:
                amount = ((day * 37 + number * 11) % 13 - 6) * 1_000_000 or 5_000_000
                yield builders.an_entry(source_seq=2 * day, amount_minor=amount, booked_on=at.date(), **said)


class Load:
    """A core-banking system that never rests while it is `on`: a day of all customers in one go, and again."""

    def __init__(self, bootstrap: str) -> None:
        self.days = self._last = 0
        self._bootstrap = bootstrap
        self._loading: Future[None] = Future()
        produce(bootstrap, ((builders.topic_of(e), e.customer_id, builders.wire(e)) for e in _parties()))

    def day(self) -> None:
        """One more, acknowledged."""
        self.days += 1
        events = list(_day(self.days))
        produce(self._bootstrap, ((builders.topic_of(e), e.customer_id, builders.wire(e)) for e in events))

    @contextmanager
    def on(self) -> Iterator[None]:
        """Day after day; but on a machine so slow that it goes on for long, the oracle is not to be drowned.

        What went wrong in it is raised at the end.
        """
        over, self._last = threading.Event(), self.days + MOST_DAYS

        def go_on() -> None:
            while not over.wait(0.5):
                if self.days < self._last:
                    self.day()

        with ThreadPoolExecutor(1) as threads:
            self._loading = threads.submit(go_on)
            try:
                yield
            finally:
                over.set()
                self._loading.result()

    def until(self, day: int) -> None:
        """Wait for it, however many days there were before."""
        self._last = max(self._last, day)
        eventually(lambda: self.days >= day or self._loading.done(), within=180)
        if self._loading.done():
            self._loading.result()


class CallCentre:
    """Looks customers up without a pause, and keeps what was wrong: none found, or balance and total disagree."""

    def __init__(self, url: str, index_key: str) -> None:
        self._views = Views(connect(url, 30.0), identifiers_of(load_settings(index_key=index_key)))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answers = 0
        self.wrong: list[str] = []

    def __enter__(self) -> Self:
        eventually(lambda: self._views.by_number(f"C{CUSTOMERS - 1}") is not None, within=180)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            try:
                self._look(f"C{self.answers % CUSTOMERS}")
            except Exception as error:  # noqa: BLE001  told at the end
                self.wrong.append(repr(error))
            self.answers += 1

    def _look(self, customer: str) -> None:
        view = self._views.by_number(customer)
        balance = None if view is None else view.section(f"account:A{customer[1:]}")
        if view is None or balance is None:
            self.wrong.append(f"{customer} is not there")
        elif view.summary["totals"]["balance_minor"]["CZK"] != balance["balance_minor"]:
            self.wrong.append(f"{customer} is torn: {view.summary} and {balance}")


@contextmanager
def supervised(*processes: WorkerProcess) -> Iterator[None]:
    """As a service manager does: started, and started again whenever one has ended, until this is over."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            for process in processes:
                if not process.is_running:
                    process.start()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Bank:
    """The processes of a test, and its commands."""

    def __init__(self, bootstrap: str, redis_url: str, group: str, home: Path) -> None:
        self.bootstrap, self.redis_url, self.group, self.home = bootstrap, redis_url, group, home
        self.settings = {
            "REDIS_URL": redis_url,
            "C360_INDEX_KEY": SECRET,
            "C360_SESSION_TIMEOUT_MS": "6000",
        }

    def process(self, name: str, *command: str, **settings: str) -> WorkerProcess:
        return WorkerProcess(
            self.bootstrap, self.group, self.home, name, {**self.settings, **settings}, ("ops", *command)
        )

    def command(self, *arguments: str, status: int = 0) -> str:
        """`c360 rebuild ...`, which ends with that status; what it said."""
        environment = self.process("commands", "rebuild").environment
        command = [sys.executable, "-m", "ops", "rebuild", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400, check=False)
        assert done.returncode == status, done.stderr
        return done.stdout

    def wait(self, generation: int) -> None:
        """Until it has folded all there is now."""
        wanted = sum(input_ends(self.bootstrap).values())
        eventually(lambda: self.positions(generation) >= wanted, within=300)

    def positions(self, generation: int) -> int:
        """Records that it has folded; 0 while a broker under load does not say."""
        with suppress(KafkaException):
            return sum(group_positions(self.bootstrap, group_of(self.group, generation)).values())
        return 0


def _ids(alerts: Mapping[Any, list[dict[str, Any]]]) -> "Counter[tuple[str, int]]":
    return Counter((alert["alert_id"], alert["revision"]) for told in alerts.values() for alert in told)


def _without_alerts(views: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    kept = {
        customer: {name: section for name, section in sections.items() if not name.startswith("alert:")}
        for customer, sections in views.items()
    }
    for sections in kept.values():
        sections["summary"]["totals"] |= {"alerts": 0}
    return kept


def _switched_but_for_lookups(bank: Bank) -> None:
    """As if the command was killed when the new generation had been put into force."""
    standing = generations_of(bank.bootstrap)
    assert standing is not None
    settings = load_settings(consumer_group=bank.group, index_key=SECRET)
    at = datetime(2026, 11, 26, tzinfo=UTC)
    eventually(lambda: members_of(bank.bootstrap, group_of(bank.group, 2)), within=180)
    with closing(switch_to(settings, bank.bootstrap, bank.redis_url, standing, 2, "tests", at)) as steps:
        for step in steps:
            if step.unit == "partitions":
                break
    eventually(lambda: in_force_of(generations_of(bank.bootstrap)) == 2, within=60)


def _doing(worker: WorkerProcess) -> list[str]:
    """What it tells at its metrics' port; nothing while it does not answer."""
    told = scrape(int(worker.environment["C360_WORKER_METRICS_PORT"]))
    states = {} if told is None else told.by("c360_process_state", "state")
    return [state for state, is_now in states.items() if is_now]


def _build(bank: Bank, load: Load, builder: WorkerProcess, worker: WorkerProcess) -> None:
    """Killed once on its way, as the worker is, and level in the end."""
    with load.on():
        eventually(lambda: bank.positions(2) > 0, within=180)
        builder.signal(signal.SIGKILL)
        # Nothing in its command says which generation it is of: its fold does.
        worker.signal(signal.SIGKILL)
        load.until(4)
        eventually(lambda: "this worker is of generation 1, the one in force" in worker.log, within=180)
        eventually(lambda: "has folded all that generation 1 has" in builder.log, within=180)
    bank.wait(1)
    bank.wait(2)


def _switch(bank: Bank, load: Load, worker: WorkerProcess) -> None:
    with load.on():
        _switched_but_for_lookups(bank)
        bank.command("switch")
        eventually(lambda: _doing(worker) == ["waiting"], within=180)
        # Started again it does not fold the new views by the old settings: it waits again.
        worker.signal(signal.SIGKILL)
        load.until(load.days + 2)
        eventually(lambda: worker.log.count("this worker is of generation 1 and waits") >= 2, within=180)
        eventually(lambda: _doing(worker) == ["waiting"], within=180)
    bank.wait(2)


def _roll_back(bank: Bank, load: Load) -> None:
    with load.on():
        bank.command("rollback")
        load.until(load.days + 2)
    write_ticks(bank.bootstrap, BEGIN + timedelta(days=load.days + 100))
    bank.wait(1)


def _assert_raised_once(bank: Bank, zone: str = "UTC") -> None:
    assert _ids(alerts_on(bank.bootstrap)) == _ids(expected_of(bank.bootstrap, zone).alerts)


def _assert_views(bank: Bank, generation: int, zone: str = "UTC") -> None:
    found = _without_alerts(views_on(bank.bootstrap, views_topic(generation)))
    assert differences(found, _without_alerts(expected_of(bank.bootstrap, zone).views)) == []


def test_another_fold_is_built_compared_switched_to_and_rolled_back_under_load(
    kafka_bootstrap: str, own_redis: Program, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, seeded=False)
    (tmp_path / "rules.yaml").write_text(RULES)
    seed_rules(kafka_bootstrap, tmp_path / "rules.yaml", "tests", datetime(2026, 11, 23, tzinfo=UTC))
    bank, load = Bank(kafka_bootstrap, own_redis.address, f"{topic_prefix}worker", tmp_path), Load(kafka_bootstrap)
    load.day()
    worker = bank.process("worker", "worker", C360_WORKER_METRICS_PORT=str(free_ports(1)[0]))
    projector = bank.process("projector", "projector")
    builder = bank.process("builder", "rebuild", "start", C360_BANK_TIMEZONE=ANOTHER_ZONE)
    with ending(worker, projector, builder):
        with supervised(worker, projector):
            bank.wait(1)
            with CallCentre(own_redis.address, SECRET) as calls, supervised(builder):
                _build(bank, load, builder, worker)
                assert "account:A0.balance_on" in bank.command("compare", status=1)
                _assert_raised_once(bank)
                _switch(bank, load, worker)
                _assert_raised_once(bank, ANOTHER_ZONE)
                _assert_views(bank, 2, ANOTHER_ZONE)
                _roll_back(bank, load)
            bank.command("drop")
            assert builder.wait() == 2
        assert calls.answers > 0
        assert calls.wrong == []
    _assert_raised_once(bank)
    _assert_views(bank, 1)
    assert committed_records(kafka_bootstrap, [DEAD_LETTERS, LATE_EVENTS]) == []

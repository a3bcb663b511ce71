"""Cost curves: what an event, a customer and a take-over cost as the bank grows, and what two workers make of it.

Views are written in bulk, not folded from millions of events. All is measured on the worker alone, as Redis' part does
not grow with the number of customers; latency is that from the event to its alert.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from connectors.sources.ordering import OutgoingEvent
from ops.bench.charts import Line, lines
from ops.bench.filling import fill_views
from ops.bench.latency import Target, measure_latency
from ops.bench.machine import machine_facts
from ops.bench.peers.banking import JOB_TOPICS
from ops.bench.positions import GroupPositions
from ops.bench.recovery import LOOK_SECONDS
from ops.bench.settled import SettledBank
from ops.bench.stage import Crowd, Stage, await_that, stage
from ops.bench.statistics import Quantiles
from ops.bench.throughput import WARM_SHARE, Round, Watch
from ops.bench.usage import resident_bytes
from ops.demo.metrics_reader import scrape
from ops.launcher.ports import free_ports
from ops.settings import Settings

__all__ = [
    "FULL_CURVES",
    "CurvePlan",
    "Curves",
    "Point",
    "Setup",
    "as_charts",
    "as_document",
    "measure_curves",
    "print_curves",
]

TAKEN_OVER_SECONDS: Final = 600.0
BACKLOG_SECONDS: Final = 900.0
GROUP: Final = "bench-curves"

Report = Callable[[str], None]


@dataclass(frozen=True)
class Setup:
    """A way to run: how many workers, with which settings."""

    name: str
    workers: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CurvePlan:
    """What is measured; each setup on each bank, each with a backlog of its own."""

    banks: tuple[SettledBank, ...]
    """The curve over customers."""
    wide: tuple[SettledBank, ...]
    """The same customers with few and with many accounts."""
    setups: tuple[Setup, ...]
    """The first is the one `wide` and latency are measured with."""
    backlog: int
    latency_rate: int
    latency_warm_up_seconds: float
    latency_seconds: float


FULL_CURVES: Final = CurvePlan(
    banks=(SettledBank(10_000), SettledBank(100_000), SettledBank(1_000_000)),
    wide=(SettledBank(1_000, 4), SettledBank(1_000, 1_000)),
    setups=(
        Setup("one worker"),
        Setup("two workers", workers=2),
        Setup("one worker, RocksDB", settings={"store": "rocksdb"}),
    ),
    backlog=150_000,
    latency_rate=2_000,
    latency_warm_up_seconds=5.0,
    latency_seconds=15.0,
)


@dataclass(frozen=True)
class Point:
    """One setup on one bank."""

    customers: int
    accounts: int
    setup: str
    view_bytes: int
    """Of one customer, names of sections included."""
    sections: int
    """Of one customer."""
    recovery_seconds: float
    """The longest of its workers'."""
    held_mib: float
    """Of all workers, resident right after it."""
    rate: float | None
    cpu_us: float | None
    """Of all workers, per event."""
    broker_us: float | None
    peak_mib: float
    """Of all workers."""
    alert_ms: Quantiles | None


@dataclass(frozen=True)
class Curves:
    """What was measured so far."""

    machine: dict[str, Any]
    measured_on: str
    base_mib: float
    """Resident memory of a worker that holds nothing."""
    points: Sequence[Point]


def measure_curves(settings: Settings, plan: CurvePlan, report: Report) -> Iterator[Curves]:
    """A point for every setup on every bank; told again with each new one, as the last may take long to come."""
    points: list[Point] = []
    with stage(settings, report) as here:
        facts, today = machine_facts(here.running), datetime.now(UTC).date().isoformat()
        base = _base_mib(here)
        banks = ((bank, plan.setups) for bank in plan.banks)
        wide = ((bank, plan.setups[:1]) for bank in plan.wide)
        for bank, setups in (*banks, *wide):
            for point in _points(here, plan, bank, setups, report):
                points.append(point)
                yield Curves(facts, today, base, points)


def _base_mib(here: Stage) -> float:
    port = free_ports(1)
    with here.c360(GROUP, projector=False, metrics_ports=port) as crowd:
        _taken_over(port, crowd)
        return _held_mib(crowd)


def _taken_over(ports: Sequence[int], crowd: Crowd) -> float:
    """Seconds of the longest take-over, once every worker has made one."""
    seconds: list[float] = []

    def all_have() -> bool:
        told = [scrape(port) for port in ports]
        seconds[:] = [each.total("c360_worker_recovery_seconds") for each in told if each is not None]
        return len(seconds) == len(ports) and all(seconds)

    await_that(all_have, TAKEN_OVER_SECONDS, crowd.values(), LOOK_SECONDS)
    return max(seconds)


def _held_mib(crowd: Crowd) -> float:
    return sum(resident_bytes(child.pid) for child in crowd.values()) / 2**20


def _points(
    here: Stage, plan: CurvePlan, bank: SettledBank, setups: Sequence[Setup], report: Report
) -> Iterator[Point]:
    here.clear(also_input=True)
    events = bank.events()
    fill_views(here.running.kafka_bootstrap, here.partitions, bank.customers, bank.view(), report)
    sent = 0
    for number, setup in enumerate(setups):
        report(f"{bank.customers:,} customers x {bank.accounts:,} accounts, {setup.name}")
        sent += here.publish(islice(events, plan.backlog))
        run = _Run(here, plan, sent, setup)
        point = run.point(bank, events if number == 0 else None)
        sent += run.sent
        told = "no rate" if point.rate is None else f"{point.rate:,.0f} events/s, {point.cpu_us:.1f} us of CPU"
        report(f"  back in {point.recovery_seconds:.1f} s, {told}, {point.peak_mib:,.0f} MiB")
        yield point


class _Run:
    """One start of a setup's workers, on the views and the positions that the last ones left."""

    def __init__(self, here: Stage, plan: CurvePlan, until: int, setup: Setup) -> None:
        self.sent = 0
        """Events sent meanwhile."""
        self._here = here
        self._plan = plan
        self._until = until
        self._setup = setup

    def point(self, bank: SettledBank, more: Iterator[OutgoingEvent] | None) -> Point:
        """The backlog; then, with more events, latency."""
        here, setup = self._here, self._setup
        ports = free_ports(setup.workers)
        positions = GroupPositions(here.running.kafka_bootstrap, GROUP, JOB_TOPICS, here.partitions)
        workers = here.c360(GROUP, projector=False, metrics_ports=ports, **setup.settings)
        with closing(positions), workers as crowd:
            recovery, held = _taken_over(ports, crowd), _held_mib(crowd)
            found = self._backlog(positions, crowd)
            alert = None if more is None else self._latency(more)
            names = [name for name in found.used if name != "broker"]
            peak = sum(usage.peak_mib for name, usage in here.usage(crowd).items() if name != "broker")
        view = bank.view()
        return Point(
            customers=bank.customers,
            accounts=bank.accounts,
            setup=setup.name,
            view_bytes=sum(len(name) + len(raw) for name, raw in view.items()),
            sections=len(view),
            recovery_seconds=recovery,
            held_mib=held,
            rate=found.rate,
            cpu_us=found.cpu_us(*names),
            broker_us=found.cpu_us("broker") if "broker" in found.used else None,
            peak_mib=peak,
            alert_ms=alert,
        )

    def _backlog(self, positions: GroupPositions, crowd: Crowd) -> Round:
        watch = Watch(self._here, crowd, positions)
        warm = self._until - int(self._plan.backlog * (1 - WARM_SHARE))
        await_that(lambda: watch.look() >= warm, BACKLOG_SECONDS, crowd.values())
        watch.begin()
        await_that(lambda: watch.look() >= self._until, BACKLOG_SECONDS, crowd.values())
        return watch.round(self._setup.name, warm, [])

    def _latency(self, events: Iterator[OutgoingEvent]) -> Quantiles | None:
        def counted() -> Iterator[OutgoingEvent]:
            for event in events:
                self.sent += 1
                yield event

        plan, running = self._plan, self._here.running
        target = Target(running.kafka_bootstrap, None, self._here.partitions)
        found = measure_latency(
            target, counted(), plan.latency_rate, plan.latency_warm_up_seconds, plan.latency_seconds
        )
        return found.alert


def as_document(plan: CurvePlan, found: Curves) -> dict[str, Any]:
    """The document of `--json`."""
    told = [asdict(point) | {"alert_ms": point.alert_ms and point.alert_ms._asdict()} for point in found.points]
    settled = {"backlog": plan.backlog, "latency_rate": plan.latency_rate}
    return {**asdict(found), **settled, "points": told}


def as_charts(plan: CurvePlan, points: Sequence[Point]) -> dict[str, str]:
    """Name -> SVG: what grows with the number of customers, a line for each setup."""
    charts = (
        ("throughput", "Throughput as the bank grows", "events/s", lambda point: point.rate),
        ("cpu", "What an event costs as the bank grows", "us of CPU", lambda point: point.cpu_us),
        ("recovery", "Until a worker has its views back", "s", lambda point: point.recovery_seconds),
        ("memory", "Memory of the workers", "MiB at the peak", lambda point: point.peak_mib),
    )
    return {
        f"curves-{name}": lines(title, unit, [f"{bank.customers:,}" for bank in plan.banks], _series(plan, points, of))
        for name, title, unit, of in charts
    }


def _series(plan: CurvePlan, points: Sequence[Point], of: Callable[[Point], float | None]) -> list[Line]:
    found = {(point.setup, point.customers, point.accounts): of(point) for point in points}
    return [
        Line(setup.name, [found.get((setup.name, bank.customers, bank.accounts)) for bank in plan.banks])
        for setup in plan.setups
    ]


def print_curves(points: Sequence[Point], console: Console) -> None:
    """One row for each point."""
    columns = ("customers", "accounts each", "setup", "events/s", "CPU us", "broker us", "back in s", "peak MiB")
    table = Table(*columns, "to alert p50 / p99 ms", title="As the bank grows")
    for point in points:
        alert = "" if point.alert_ms is None else f"{point.alert_ms.p50:.0f} / {point.alert_ms.p99:.0f}"
        figures = (point.rate, point.cpu_us, point.broker_us, point.recovery_seconds, point.peak_mib)
        shown = ["-" if figure is None else f"{figure:,.{1 if figure < 1000 else 0}f}" for figure in figures]
        table.add_row(f"{point.customers:,}", f"{point.accounts:,}", point.setup, *shown, alert)
    console.print(table)

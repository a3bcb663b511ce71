"""How long a worker takes to read back what it held, and how much memory a customer takes then."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ops.bench.filling import KILOBYTE_VIEW, fill_views
from ops.bench.stage import PYTHON, Stage, await_that
from ops.bench.usage import cpu_seconds, resident_bytes
from ops.demo.metrics_reader import Scrape, scrape
from ops.launcher import Child, start_child
from ops.launcher.ports import free_ports

__all__ = ["LOOK_SECONDS", "Recovery", "measure_recovery"]

MOST_SECONDS: Final = 600.0
LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Recovery:
    """One take-over by a worker process that starts anew."""

    customers: int
    records: int
    view_bytes: int
    """Of one customer: keys' sections and values, as they stand on the topic."""
    seconds: float
    """From the assignment to the first fold: positions, changelog, deadlines."""
    cpu_seconds: float
    """Of the whole process by then, its start included."""
    bytes_per_customer: float
    """Resident memory above that of a worker which holds nothing."""
    resident_mib: float


def measure_recovery(
    stage: Stage,
    folder: Path,
    customers: int,
    view: Mapping[str, bytes] = MappingProxyType(KILOBYTE_VIEW),
    settings: Mapping[str, str] = MappingProxyType({}),
    report: Callable[[str], None] = lambda _line: None,
) -> Recovery:
    """Fill `customer-views` with so many customers and have a worker with these settings take all of it over.

    Its logs and its home are in `folder`.
    """
    stage.clear()
    with _recovered_worker(stage, folder, f"bench-empty-{customers}", settings) as (child, _):
        empty = resident_bytes(child.pid)
    records = fill_views(stage.running.kafka_bootstrap, stage.partitions, customers, dict(view), report)
    with _recovered_worker(stage, folder, f"bench-recovery-{customers}", settings) as (child, told):
        resident, used = resident_bytes(child.pid), cpu_seconds(child.pid) or 0.0
    return Recovery(
        customers=customers,
        records=records,
        view_bytes=sum(len(name) + len(raw) for name, raw in view.items()),
        seconds=told.total("c360_worker_recovery_seconds"),
        cpu_seconds=used,
        bytes_per_customer=(resident - empty) / customers,
        resident_mib=resident / 2**20,
    )


@contextmanager
def _recovered_worker(
    stage: Stage, folder: Path, group: str, settings: Mapping[str, str]
) -> Iterator[tuple[Child, Scrape]]:
    """A worker of a new group that has just taken all partitions over, and what its metrics tell."""
    port = free_ports(1)[0]
    environment = {
        **os.environ,
        "C360_HOME": str(folder / group),
        "C360_KAFKA_BOOTSTRAP": stage.running.kafka_bootstrap,
        "C360_CONSUMER_GROUP": group,
        "C360_WORKER_METRICS_PORT": str(port),
        **settings,
    }
    child = start_child("worker", [*PYTHON, "ops", "worker"], log=folder / f"{group}.log", env=environment)
    try:
        await_that(lambda: _has_recovered(scrape(port)), MOST_SECONDS, [child], LOOK_SECONDS)
        told = scrape(port)
        assert told is not None
        yield child, told
    finally:
        child.stop()


def _has_recovered(told: Scrape | None) -> bool:
    return told is not None and told.total("c360_worker_recovery_seconds") > 0

"""How much of everything a bank needs: from its events and customers to partitions, workers, memory and disk.

Pure arithmetic over constants that the benchmark measured (`MEASURED`); ops/bench/SIZING.md says how and where.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from math import ceil
from typing import Final

__all__ = ["EXAMPLES", "GIB", "MEASURED", "Bank", "Constants", "Sizing", "as_markdown", "size"]

DAY_SECONDS: Final = 86_400
GIB: Final = 2**30
MOST_PARTITIONS: Final = 1_024


@dataclass(frozen=True)
class Constants:
    """What was measured, on the machine that SIZING.md names."""

    worker_us: float
    """Processor time of a worker per event."""
    projector_us: float
    broker_us: float
    """Of Kafka and Redis together, one copy."""
    input_bytes: float
    """An event as Kafka keeps it, uncompressed."""
    view_bytes_written: float
    """To `customer-views` per event."""
    worker_base_bytes: float
    """A worker that holds nothing."""
    worker_overhead: float
    """Bytes that a worker keeps per customer beside the view's own."""
    redis_factor: float
    """Bytes in Redis per byte of view, keys and index entries included."""
    recovered_per_second: float
    """Records of `customer-views` that a worker reads back in a second."""


MEASURED: Final = Constants(**json.loads((files("ops") / "sizing.json").read_text(encoding="utf-8")))
"""Those of sizing.json, which `python -m ops.bench.renewal` renews after `make bench-curves`."""


@dataclass(frozen=True)
class Bank:
    """What is known of the bank, and what it wants."""

    events_per_day: int
    customers: int
    view_bytes: int = 1_024
    """Of one customer, all sections together."""
    sections: int = 6
    """Of one customer."""
    retention_days: int = 7
    """Of the input topics."""
    copies: int = 3
    """Of every partition in Kafka."""
    peak: float = 4.0
    """The busiest second, in means of the day."""
    busy: float = 0.5
    """Share of a core that a process may take in that second; the rest is for catching up, and for the unforeseen."""
    worker_memory: int = 8 * GIB
    """The most that one worker may hold."""
    back_within_seconds: float = 60.0
    """A worker that takes over a lost one's partitions has to have read them back by then."""


@dataclass(frozen=True)
class Sizing:
    """What the bank needs. A worker and the projector take one core each at most."""

    peak_per_second: float
    workers: int
    limit: str
    """What decided how many workers."""
    partitions: int
    worker_bytes: float
    """Of each, when one is lost and the others hold all."""
    recovery_seconds: float
    """Until they have the lost one's views back."""
    cold_start_seconds: float
    """Until all workers, started together, have theirs."""
    projector_cores: float
    """Of the one projector that a namespace of Redis has, in the busiest second: above 1 it can't keep up."""
    broker_cores: float
    """Of the whole cluster, in the busiest second."""
    redis_bytes: float
    disk_bytes: float
    """Of the whole cluster, all copies."""


def size(bank: Bank, measured: Constants = MEASURED) -> Sizing:
    """The least that holds in the busiest second, and with one worker lost."""
    second = bank.events_per_day / DAY_SECONDS * bank.peak
    held = bank.customers * (bank.view_bytes + measured.worker_overhead)
    records = bank.customers * bank.sections
    needs = {
        "processor": second * measured.worker_us / 1e6 / bank.busy,
        "memory": held / (bank.worker_memory - measured.worker_base_bytes),
        # A lost worker's share is read back by all that stay, each its part.
        "recovery": (records / measured.recovered_per_second / bank.back_within_seconds) ** 0.5,
    }
    limit = max(needs, key=lambda need: needs[need])
    staying = max(1, ceil(needs[limit]))
    workers = staying + 1
    return Sizing(
        peak_per_second=second,
        workers=workers,
        limit=limit if staying > 1 else "none: one worker does, one stands by",
        partitions=_partitions(workers),
        worker_bytes=measured.worker_base_bytes + held / staying,
        recovery_seconds=records / workers / staying / measured.recovered_per_second,
        cold_start_seconds=records / workers / measured.recovered_per_second,
        projector_cores=second * measured.projector_us / 1e6,
        broker_cores=second * measured.broker_us * bank.copies / 1e6,
        redis_bytes=bank.customers * bank.view_bytes * measured.redis_factor,
        disk_bytes=bank.copies * _disk(bank, measured),
    )


def _partitions(workers: int) -> int:
    """A power of two that gives each worker four at least: room to grow fourfold, as the count can't change later."""
    wanted = 4
    while wanted < 4 * workers and wanted < MOST_PARTITIONS:
        wanted *= 2
    return wanted


def _disk(bank: Bank, measured: Constants) -> float:
    """Of one copy: input for its retention, views twice (compaction lets half be stale), a day's worth of new views."""
    events = bank.events_per_day * (bank.retention_days * measured.input_bytes + measured.view_bytes_written)
    return events + 2 * bank.customers * bank.view_bytes


EXAMPLES: Final = {
    "10 million a day, 500,000 customers": Bank(10_000_000, 500_000),
    "100 million a day, 5 million customers": Bank(100_000_000, 5_000_000),
    "1 billion a day, 50 million customers": Bank(1_000_000_000, 50_000_000),
}


def as_markdown(measured: Constants = MEASURED) -> str:
    """The table of examples in SIZING.md."""
    found = {title: size(bank, measured) for title, bank in EXAMPLES.items()}
    rows: dict[str, list[str]] = {
        "events in the busiest second": [f"{each.peak_per_second:,.0f}" for each in found.values()],
        "workers (one of them to lose)": [str(each.workers) for each in found.values()],
        "decided by": [each.limit for each in found.values()],
        "partitions": [str(each.partitions) for each in found.values()],
        "memory of a worker, GiB": [f"{each.worker_bytes / GIB:.1f}" for each in found.values()],
        "a lost worker's views are back, s": [f"{each.recovery_seconds:.1f}" for each in found.values()],
        "cold start of all, s": [f"{each.cold_start_seconds:.1f}" for each in found.values()],
        "the projector's core": [f"{each.projector_cores:.0%}" for each in found.values()],
        "cores of Kafka and Redis": [f"{each.broker_cores:.1f}" for each in found.values()],
        "Redis, GiB": [f"{each.redis_bytes / GIB:,.1f}" for each in found.values()],
        "Kafka's disks, GiB": [f"{each.disk_bytes / GIB:,.0f}" for each in found.values()],
    }
    lines = [f"| | {' | '.join(found)} |", f"|---|{'---|' * len(found)}"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())]) + "\n"

"""`c360 sizing`: partitions, workers, memory and disk for a bank, on paper."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 sizing`."""
    app.command("sizing")(sizing)


def sizing(
    events_per_day: Annotated[int, typer.Option(min=1, help="Events of all topics on a busy day.")],
    customers: Annotated[int, typer.Option(min=1, help="Customers with a view.")],
    view_bytes: Annotated[
        int, typer.Option(min=1, help="Of one customer's view; `c360 lookup NUMBER --json | wc -c`.")
    ] = 1024,
    sections: Annotated[int, typer.Option(min=1, help="Of one customer's view.")] = 6,
    retention_days: Annotated[int, typer.Option(min=1, help="Of the input topics.")] = 7,
    copies: Annotated[int, typer.Option(min=1, help="Of every partition in Kafka.")] = 3,
    peak: Annotated[float, typer.Option(min=1.0, help="The busiest second, in means of the day.")] = 4.0,
) -> None:
    """Say what a bank needs, from what the benchmark measured (ops/bench/SIZING.md)."""
    from ops.sizing import GIB, Bank, size

    bank = Bank(
        events_per_day, customers, view_bytes, sections, retention_days=retention_days, copies=copies, peak=peak
    )
    found = size(bank)
    for name, told in (
        ("busiest second", f"{found.peak_per_second:,.0f} events"),
        ("workers", f"{found.workers}, one of them to lose (decided by {found.limit})"),
        ("partitions", f"{found.partitions} of every topic keyed by customer (C360_PARTITIONS)"),
        ("memory of a worker", f"{found.worker_bytes / GIB:,.1f} GiB, with one lost"),
        ("a lost worker's views are back", f"in {found.recovery_seconds:,.1f} s"),
        ("a cold start of all takes", f"{found.cold_start_seconds:,.1f} s"),
        ("the projector's core", f"{found.projector_cores:.0%} busy{_too_much(found.projector_cores)}"),
        ("Kafka's and Redis' cores", f"{found.broker_cores:,.1f} in the whole cluster"),
        ("Redis", f"{found.redis_bytes / GIB:,.1f} GiB"),
        ("Kafka's disks", f"{found.disk_bytes / GIB:,.0f} GiB in the whole cluster"),
    ):
        typer.echo(f"{name:32s}{told}")


def _too_much(cores: float) -> str:
    return ": more than one projector can do" if cores > 1 else ""

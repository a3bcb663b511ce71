"""`c360 generate`: a bank that never was, published as events of every kind."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 generate`."""
    app.command("generate")(generate)


def generate(
    customers: Annotated[int, typer.Option(help="How many customers the bank has in the end.", min=1)] = 1_000,
    days: Annotated[int, typer.Option(help="How long it lives.", min=1, max=36_500)] = 90,
    begins_on: Annotated[datetime, typer.Option(help="Its first day.", formats=["%Y-%m-%d"])] = datetime(2026, 1, 1),  # noqa: DTZ001
    seed: Annotated[int, typer.Option(help="Another number, another bank.")] = 360,
    rate: Annotated[float | None, typer.Option(help="At most so many events a second.", min=0.001)] = None,
    reference: Annotated[
        Path | None,
        typer.Option(help="Also write its branches and managers, for `c360 reference load`.", dir_okay=False),
    ] = None,
) -> None:
    """Publish the events of a generated bank in event-time order, keyed by customer number.

    The same options give the same events with the same ids, so doing it again changes nothing.
    """
    from connectors.sources.generator import GeneratedBank
    from ops.generation import publish_bank, write_reference
    from ops.running import kafka_of
    from ops.settings import load_settings

    bank = GeneratedBank(customers, days, begins_on.date(), seed)
    if reference is not None:
        write_reference(bank, reference)
        typer.echo(f"wrote {reference}")
    for line in publish_bank(bank, kafka_of(load_settings()).bootstrap, rate):
        typer.echo(line)

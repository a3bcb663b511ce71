"""`c360 clock tick`: moves the event clock."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 clock tick`."""
    group = typer.Typer(no_args_is_help=True, help="Move the event clock.")
    group.callback()(lambda: None)
    group.command("tick")(tick)
    app.add_typer(group, name="clock")


def tick(
    at: Annotated[str | None, typer.Option(help="Instant with its offset, such as 2026-11-23T00:00:00Z.")] = None,
) -> None:
    """Write one tick to every partition of the clock: it is now --at, or by default this very moment.

    A clock never moves back: a tick before it changes nothing.
    """
    from datetime import UTC, datetime

    from ops.errors import OperatorError
    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.topics import write_ticks
    from schemas.base import utc_text

    try:
        stated = datetime.now(UTC) if at is None else datetime.fromisoformat(at)
        instant = None if stated.tzinfo is None else stated.astimezone(UTC)
    except (ValueError, OverflowError):
        instant = None
    if instant is None:
        raise OperatorError(f"--at {at} is no instant: write it with its offset, such as 2026-11-23T00:00:00Z.")
    partitions = write_ticks(kafka_of(load_settings()).bootstrap, instant)
    typer.echo(f"The clock of {partitions} partitions stands at {utc_text(instant)}, or later where it was later.")

"""`c360 worker`: the process that folds events into views and raises alerts."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 worker`."""
    app.command("worker")(worker)


def worker(
    clock: Annotated[
        str | None, typer.Option(help="event (the clock topic, in a replay) or wall (the real clock)")
    ] = None,
    generation: Annotated[
        int | None,
        typer.Option(min=1, help="Of the views it serves, waiting while another is in force; default: the only one."),
    ] = None,
) -> None:
    """Fold events into views and raise alerts, until SIGTERM or Ctrl-C."""
    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.turns import Served
    from ops.worker import run_worker

    settings = load_settings(clock=clock)
    found = kafka_of(settings)
    raise typer.Exit(run_worker(settings, found.bootstrap, found.capabilities, served=Served(generation)))

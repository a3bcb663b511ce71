"""`c360 demo`: the whole system on this machine, a bank's history replayed through it."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 demo`."""
    app.command("demo")(demo)


def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder that holds berka/ and cfpb/; without it ../shared/data, else tests/data."),
    ] = None,
    tier: Annotated[
        str | None, typer.Option(help="external, docker, maven or embedded; without it, the first that works.")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="At most so many events a second.", min=0.001)] = None,
    once: Annotated[bool, typer.Option("--once", help="Replay, check that all is consistent, and end.")] = False,
    dump: Annotated[
        Path | None, typer.Option(help="With --once: write views, alerts and dead letters to this file (JSON).")
    ] = None,
    limit: Annotated[
        float, typer.Option(help="With --once: seconds that catching up may take after all is published.", min=1.0)
    ] = 600.0,
    picture: Annotated[
        Path | None, typer.Option(hidden=True, help="Write a picture of the board in mid-replay (SVG).")
    ] = None,
) -> None:
    """Start everything, replay a bank's history faster than real time, and show it live until Ctrl-C.

    With --once: no terminal is needed, and the exit code is 0 only if Kafka, views, alerts and Redis agree.
    """
    from ops.demo.live import run_demo
    from ops.demo.run import run_demo_once
    from ops.errors import OperatorError
    from ops.settings import load_settings

    settings = load_settings(tier=tier)
    if dump is not None and not once:
        raise OperatorError("--dump needs --once: a demo that stays up has no end to write down.")
    if once:
        raise typer.Exit(run_demo_once(settings, data, rate, dump, limit))
    run_demo(settings, data, rate, picture)

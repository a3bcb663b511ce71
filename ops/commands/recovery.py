"""`c360 recovery`: how far a worker's recovery is."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 recovery`."""
    app.command("recovery")(recovery)


def recovery(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The worker's metrics port, when no demo runs in this folder.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="A line a second until all is read.")] = False,
) -> None:
    """Show how much of `customer-views` a worker has read back: records, percent, time left."""
    import time

    from ops.demo.metrics_reader import scrape
    from ops.errors import OperatorError
    from ops.launcher.runfile import read_run
    from ops.recovery import recovery_line
    from ops.settings import load_settings

    settings = load_settings(worker_metrics_port=port)
    run = read_run(settings.home)
    known = settings.worker_metrics_port or (run.metrics_ports.get("worker", 0) if run is not None else 0)
    if not known:
        raise OperatorError(
            f"No worker known in {settings.home}: give --port, which the worker's log names in its first lines "
            "(C360_WORKER_METRICS_PORT sets it)."
        )
    while True:
        told = scrape(known)
        if told is None:
            raise OperatorError(f"No worker answers at http://127.0.0.1:{known}/metrics: start it, or correct --port.")
        line = recovery_line(told, time.time())
        typer.echo(line)
        if not follow or line.startswith("Recovered"):
            return
        time.sleep(1.0)

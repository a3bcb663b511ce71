"""`c360 deliver`: the process that carries alerts to people and systems."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 deliver`."""
    app.command("deliver")(deliver)


def deliver(
    file: Annotated[Path | None, typer.Option(help="Channels, routes and budget; default: C360_DELIVERY_FILE.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Send what failed once more, and end.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read the file and say what is in it.")] = False,
) -> None:
    """Deliver alerts by webhook and e-mail as the delivery file says, until SIGTERM or Ctrl-C."""
    from ops.delivery import deliver_again, load_delivery_file, run_deliverer
    from ops.errors import OperatorError
    from ops.running import kafka_of, redis_of
    from ops.settings import load_settings

    settings = load_settings()
    chosen = file or settings.delivery_file
    if chosen is None:
        raise OperatorError("Nothing says whom to tell: give --file or set C360_DELIVERY_FILE; see ops/OPERATIONS.md.")
    routes = load_delivery_file(chosen)
    if check:
        typer.echo(f"{chosen}: {len(routes.channels)} channels, {len(routes.routes)} routes; nothing is wrong with it.")
        return
    bootstrap = kafka_of(settings).bootstrap
    if again:
        raise typer.Exit(1 if deliver_again(routes, bootstrap, typer.echo) else 0)
    raise typer.Exit(run_deliverer(settings, routes, bootstrap, redis_of(settings)))

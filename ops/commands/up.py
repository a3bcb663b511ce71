"""`c360 up`: Kafka and Redis, until Ctrl-C."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 up`."""
    app.command("up")(up)


def up(
    tier: Annotated[
        str | None, typer.Option(help="external, docker, maven or embedded; without it, the first that works.")
    ] = None,
) -> None:
    """Start Kafka and Redis, say where they are, and stay until Ctrl-C."""
    from ops.launcher import Launcher
    from ops.settings import load_settings
    from ops.stopping import until_stopped

    settings = load_settings(tier=tier)
    with until_stopped() as stopped, Launcher(settings, report=typer.echo) as running:
        typer.echo(f"Kafka  {running.kafka_bootstrap} ({running.kafka_tier})")
        typer.echo(f"Redis  {running.redis_url} ({running.redis_tier})")
        typer.echo(f"Logs   {settings.home / 'logs'}")
        typer.echo("Ctrl-C stops both.")
        stopped.wait()

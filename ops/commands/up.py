"""`c360 up`: Kafka and Redis, until Ctrl-C."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ops.launcher import Running


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
        typer.echo(where(running, settings.home))
        stopped.wait()


def where(running: "Running", home: Path) -> str:
    """Where both are, without what lets clients in."""
    from ops.settings import without_password

    redis = without_password(running.redis_url).partition("?")[0]
    return "\n".join(
        [
            f"Kafka  {running.kafka_bootstrap} ({running.kafka_tier})",
            f"Redis  {redis} ({running.redis_tier})",
            f"Logs   {home / 'logs'}",
            "Ctrl-C stops both.",
        ]
    )

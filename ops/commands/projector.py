"""`c360 projector`: the process that keeps Redis equal to the views in Kafka."""

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 projector`."""
    app.command("projector")(projector)


def projector() -> None:
    """Keep Redis equal to `customer-views` until stopped; waits for Kafka and Redis, and survives their absence."""
    from ops.projector import run_projector
    from ops.running import kafka_of, redis_of
    from ops.settings import load_settings

    settings = load_settings()
    raise typer.Exit(run_projector(settings, kafka_of(settings).bootstrap, redis_of(settings)))

"""`c360 rebuild`: new views beside those in force, by another fold; compared, switched to, rolled back, dropped."""

from datetime import UTC, datetime
from getpass import getuser
from typing import Annotated

import typer

By = Annotated[str | None, typer.Option("--by", help="Who decides; default: the user of this shell.")]


def register(app: typer.Typer) -> None:
    """Add `c360 rebuild`."""
    group = typer.Typer(
        no_args_is_help=True, help="New views beside those in force, from the beginning of the input (see OPERATIONS)."
    )
    group.command("start")(start)
    group.command("status")(status)
    group.command("compare")(compare)
    group.command("switch")(switch)
    group.command("rollback")(rollback)
    group.command("drop")(drop)
    app.add_typer(group, name="rebuild")


def start(
    by: By = None,
    from_what_is_left: Annotated[
        bool, typer.Option("--from-what-is-left", help="Though events were deleted from the input.")
    ] = False,
) -> None:
    """Build a new generation of the views, by the fold and settings of this process, until SIGTERM or Ctrl-C.

    Raises no alert; telling in the log how far it is. Ended or killed, the next one goes on where it was; several share
    the work. Once the generation is in force, the process goes on as its worker.
    """
    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.views_rebuild.building import build

    settings = load_settings()
    found = kafka_of(settings)
    raise typer.Exit(build(settings, found, by or getuser(), datetime.now(UTC), from_what_is_left=from_what_is_left))


def status() -> None:
    """Say which generations there are, which one is in force, and how far the other one is."""
    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.views_rebuild.standing import told

    settings = load_settings()
    for line in told(kafka_of(settings).bootstrap, settings):
        typer.echo(line)


def compare(
    samples: Annotated[int, typer.Option(min=0, help="Fields that differ to show, at the most.")] = 20,
) -> None:
    """Compare the generations: counts, sums by currency, fields that differ. Exit status 1 when there are any.

    Personal data is not shown. Alerts are not compared: only one generation raises them.
    """
    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.views_rebuild.comparing import compared, in_lines, standing_with_other

    bootstrap = kafka_of(load_settings()).bootstrap
    standing, other = standing_with_other(bootstrap)
    comparison = compared(bootstrap, samples)
    for line in in_lines(comparison, standing.in_force, other):
        typer.echo(line)
    raise typer.Exit(0 if comparison.is_same and not comparison.in_motion else 1)


def switch(by: By = None) -> None:
    """Put the new generation into force: for alerts first, then for lookups. No alert is lost, and none raised twice.

    Ended or killed, give it again: it goes on where it was.
    """
    _switch(by, forward=True)


def rollback(by: By = None) -> None:
    """Go back to the older generation: as `switch`, the other way. Its workers must wait, or be started."""
    _switch(by, forward=False)


def drop(by: By = None) -> None:
    """Drop the generation that is not in force, with its topic and its group. There is no way back."""
    from ops.running import kafka_of, redis_of
    from ops.settings import load_settings
    from ops.views_rebuild.dropping import drop_other

    settings = load_settings()
    gone = drop_other(settings, kafka_of(settings).bootstrap, redis_of(settings), by or getuser(), datetime.now(UTC))
    typer.echo(f"Deleted: {', '.join(gone)}." if gone else "Nothing was left to delete.")


def _switch(by: str | None, *, forward: bool) -> None:
    from ops.bars import show
    from ops.errors import OperatorError
    from ops.logs import configure_logging
    from ops.running import kafka_of, redis_of
    from ops.settings import load_settings
    from ops.views_rebuild.comparing import standing_with_other
    from ops.views_rebuild.switching import switch_to

    settings = load_settings()
    configure_logging("warning")
    bootstrap = kafka_of(settings).bootstrap
    standing, other = standing_with_other(bootstrap)
    target = max(standing.in_force, other) if forward else min(standing.in_force, other)
    if not forward and not standing.switches:
        raise OperatorError("There is nothing to go back from: no other generation was in force yet.")
    show(switch_to(settings, bootstrap, redis_of(settings), standing, target, by or getuser(), datetime.now(UTC)))
    typer.echo(f"Generation {target} of the views is in force, for alerts and for lookups.")

"""`c360 project`: the views in Redis as a whole."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 project rebuild`."""
    group = typer.Typer(help="The views in Redis as a whole.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("rebuild")(rebuild_views)
    app.add_typer(group, name="project")


def rebuild_views(
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Begin again what an earlier rebuild left unfinished, not go on with it.")
    ] = False,
) -> None:
    """Make views and indexes anew from customer-views, beside those in force, and switch to them in one step.

    Lookups and the projector go on meanwhile. Stopped or killed, it goes on where it was when it is run again. Redis
    holds everything twice until it is done.
    """
    from ops.bars import show
    from ops.logs import configure_logging
    from ops.rebuild import rebuild
    from ops.running import kafka_of, redis_of
    from ops.settings import load_settings

    settings = load_settings()
    configure_logging("warning")
    show(rebuild(settings, kafka_of(settings).bootstrap, redis_of(settings), afresh=afresh))
    typer.echo("Lookups read the new views now.")

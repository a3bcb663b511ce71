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
    from contextlib import closing

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from ops.logs import configure_logging
    from ops.rebuild import rebuild
    from ops.running import kafka_of, redis_of
    from ops.settings import load_settings

    settings = load_settings()
    configure_logging("warning")
    steps = rebuild(settings, kafka_of(settings).bootstrap, redis_of(settings), afresh=afresh)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[counted]}"),
    )
    with closing(steps), Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("starting", total=None, counted="")
        for told in steps:
            counted = f"{told.done:,} of {told.total:,} records" if told.total else f"{told.done:,} keys"
            bar.update(task, description=told.stage, completed=told.done, total=told.total or None, counted=counted)
        bar.update(task, description="done", total=1, completed=1, counted="")
    typer.echo("Lookups read the new views now.")

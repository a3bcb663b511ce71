"""A bar for people who wait for what takes long."""

from collections.abc import Generator
from contextlib import closing

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from connectors.sinks.rebuild import Progress

__all__ = ["show"]


def show(steps: Generator[Progress, None, None]) -> None:
    """Take all the steps; on a terminal with a bar on stderr that tells of each."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[counted]}"),
    )
    console = Console(stderr=True)
    # In a log a bar is a line of blocks that nobody needs.
    shown = Bar(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)
    with closing(steps), shown as bar:
        task = bar.add_task("starting", total=None, counted="")
        for told in steps:
            counted = f"{told.done:,} of {told.total:,} {told.unit}" if told.total else f"{told.done:,} keys"
            bar.update(task, description=told.stage, completed=told.done, total=told.total or None, counted=counted)
        bar.update(task, description="done", total=1, completed=1, counted="")

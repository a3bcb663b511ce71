"""`c360 settings`: every setting, its variable, its value and what it means."""

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 settings`."""
    app.command("settings")(show)


def show() -> None:
    """Print every setting: environment variable, default, value in force, meaning."""
    from rich.console import Console
    from rich.table import Table

    from ops.settings import describe, load_settings

    table = Table(show_lines=True)
    table.add_column("setting, variable", no_wrap=True)
    for name in ("default", "value", "meaning"):
        table.add_column(name)
    for row in describe(load_settings()):
        table.add_row(f"{row.name}\n{row.variable}", row.default, row.value, row.meaning)
    Console().print(table)

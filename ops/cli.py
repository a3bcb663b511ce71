"""The command line `c360`: finds the commands, runs one, and reports errors in words."""

import importlib
import pkgutil
import sys
from typing import Protocol, cast

import typer

import ops.commands
from ops.errors import OperatorError

EXIT_OPERATOR_ERROR = 2


class CommandModule(Protocol):
    """What each module of `ops.commands` offers."""

    def register(self, app: typer.Typer) -> None:
        """Add the module's command; the module imports heavy libraries inside the command only."""


def create_app() -> typer.Typer:
    """The Typer app with every module of `ops.commands` registered, in order of name."""
    app = typer.Typer(
        name="c360",
        help="A streaming customer-360 engine for banks.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # With a single command Typer would drop its name; a callback keeps `c360 NAME`.
    app.callback()(lambda: None)
    for module in pkgutil.iter_modules(ops.commands.__path__):
        found = importlib.import_module(f"ops.commands.{module.name}")
        cast("CommandModule", found).register(app)
    return app


app = create_app()


def main() -> None:
    """Run one command; an `OperatorError` becomes a red line on stderr and exit code 2."""
    try:
        app()
    except OperatorError as error:
        typer.secho(error.message, fg=typer.colors.RED, err=True)
        sys.exit(EXIT_OPERATOR_ERROR)

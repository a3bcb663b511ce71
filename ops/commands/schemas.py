"""`c360 schemas`: the contracts for other systems, made from the models and guarded against breaking changes."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path | None,
    typer.Option("--schemas", file_okay=False, help="Folder of the contracts; default: schemas/ of this checkout."),
]
CHECK_FAILED = 1


def register(app: typer.Typer) -> None:
    """Add `c360 schemas generate`, `check` and `release`."""
    group = typer.Typer(no_args_is_help=True, help="JSON Schemas and AsyncAPI document of the contracts.")
    group.command("generate")(generate)
    group.command("check")(check)
    group.command("release")(release)
    app.add_typer(group, name="schemas")


def generate(schemas: Folder = None) -> None:
    """Write schemas/generated anew from the models."""
    from ops.contracts import folder

    changed = folder.generate(schemas or folder.SCHEMAS)
    for name in changed:
        typer.echo(f"renewed {name}")
    if not changed:
        typer.echo("The generated contracts are up to date already.")


def check(schemas: Folder = None) -> None:
    """Fail when a generated contract is out of date, or a change breaks a user of the released ones."""
    from ops.contracts import folder
    from ops.contracts.catalogue import CATALOGUE

    where = schemas or folder.SCHEMAS
    stale, broken = folder.out_of_date(where), folder.incompatible(where)
    for name in stale:
        _complain(f"{name} is out of date: run `c360 schemas generate` and commit what it changes.")
    for sentence in broken:
        _complain(sentence)
    if broken:
        _complain("Keep what is released and add beside it, as schemas/README.md says.")
    if not folder.is_released(where):
        broken = ["There are no released contracts to compare with: restore schemas/released with git."]
        _complain(broken[0])
    if stale or broken:
        raise typer.Exit(CHECK_FAILED)
    typer.echo(f"{len(CATALOGUE)} contracts are up to date and break nothing that was released.")


def release(
    schemas: Folder = None,
    breaking: Annotated[bool, typer.Option("--breaking", help="Also when it breaks what was released.")] = False,
) -> None:
    """Make today's contracts the released ones, against which `check` compares from now on."""
    from ops.contracts import folder
    from ops.errors import OperatorError

    where = schemas or folder.SCHEMAS
    broken = folder.incompatible(where)
    if broken and not breaking:
        raise OperatorError(
            "\n".join([*broken, "Nothing is released: undo this, or give --breaking once all users have agreed."])
        )
    for name in folder.release(where):
        typer.echo(f"released {name}")


def _complain(line: str) -> None:
    typer.secho(line, fg=typer.colors.RED, err=True)

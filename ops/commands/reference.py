"""`c360 reference`: calendars, branches, managers and departments, kept in one file of the bank."""

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[
    Path | None,
    typer.Argument(help="YAML with calendars, branches, managers, departments; default: the one shipped."),
]


def register(app: typer.Typer) -> None:
    """Add `c360 reference load` and `c360 reference show`."""
    group = typer.Typer(no_args_is_help=True, help="Reference data: holidays, branches, managers, departments.")
    group.command("load")(load)
    group.command("show")(show)
    app.add_typer(group, name="reference")


def load(file: File = None) -> None:
    """Make topic reference-data hold what FILE names, and nothing else; safe to repeat."""
    from ops.reference import DEFAULT_REFERENCE_FILE
    from ops.reference_changes import load_reference, reference_file
    from ops.running import kafka_of
    from ops.settings import load_settings

    # The file first: what is wrong with it is told without a broker.
    wanted = reference_file(file or DEFAULT_REFERENCE_FILE)
    loaded = load_reference(kafka_of(load_settings()).bootstrap, wanted)
    for key in loaded.put:
        typer.echo(f"put {key}")
    for key in loaded.removed:
        typer.echo(f"removed {key}")
    typer.echo(f"{len(loaded.put)} put, {len(loaded.removed)} removed, {loaded.unchanged} unchanged")


def show() -> None:
    """Print what is in force, in the form that `load` takes."""
    import yaml

    from ops.reference_changes import reference_of
    from ops.running import kafka_of
    from ops.settings import load_settings

    lists = {"calendar": "calendars", "branch": "branches", "manager": "managers", "department": "departments"}
    document: dict[str, list[dict[str, object]]] = {}
    entries = reference_of(kafka_of(load_settings()).bootstrap).entries
    for _, entry in sorted(entries.items()):
        fields = entry.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
        document.setdefault(lists[entry.kind], []).append(fields)
    if not document:
        typer.echo("Topic reference-data is empty: `c360 reference load` puts the file shipped.")
        return
    typer.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), nl=False)

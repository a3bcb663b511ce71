"""`c360 doctor`: what is wrong, and what cures it."""

from typing import Annotated

import typer

SICK = 1


def register(app: typer.Typer) -> None:
    """Add `c360 doctor`."""
    app.command("doctor")(doctor)


def doctor(
    json: Annotated[bool, typer.Option("--json", help="A JSON line for each finding.")] = False,
) -> None:
    """Look at settings, this machine, Kafka, topics, rules and Redis; exit status 1 when there is a fault."""
    from dataclasses import asdict

    import orjson

    from ops.doctor import examine

    colours = {"ok": typer.colors.GREEN, "warning": typer.colors.YELLOW, "fault": typer.colors.RED}
    counts = {"ok": 0, "warning": 0, "fault": 0}
    for finding in examine():
        counts[finding.state] += 1
        if json:
            typer.echo(orjson.dumps(asdict(finding)).decode())
            continue
        typer.secho(f"{finding.state:8s}", fg=colours[finding.state], nl=False)
        typer.echo(f"{finding.area:9s} {finding.said}")
        if finding.cure:
            typer.echo(f"{'':17s} -> {finding.cure}")
    if not json:
        typer.echo(f"{counts['fault']} faults, {counts['warning']} warnings.")
    if counts["fault"]:
        raise typer.Exit(SICK)

"""`c360 status`: how the running system stands, on one screen."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.status import Member, Status

NOT_WELL = 1
NOBODY = "none: nobody folds; start `c360 worker`"


def register(app: typer.Typer) -> None:
    """Add `c360 status`."""
    app.command("status")(status)


def status(
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option("--every", min=0.2, help="With --watch: seconds between two looks.")] = 2.0,
) -> None:
    """Show workers and partitions, lag, freshness, rules and recovery; status 1 when something does not answer,
    nobody folds, or what is shown is old."""
    import time

    from rich.console import Console

    from ops.settings import load_settings
    from ops.status import look
    from ops.stopping import until_stopped

    settings = load_settings()
    if not watch:
        seen = look(settings, time.time())
        _show(seen, json=json)
        if not seen.is_well:
            raise typer.Exit(NOT_WELL)
        return
    screen = Console()
    with until_stopped():
        while True:
            seen = look(settings, time.time())
            if not json:
                screen.clear()
            _show(seen, json=json)
            time.sleep(every)


def _show(seen: "Status", *, json: bool) -> None:
    from dataclasses import asdict

    import orjson

    if json:
        typer.echo(orjson.dumps(asdict(seen) | {"is_well": seen.is_well}).decode())
        return
    for name, text in _lines(seen):
        typer.echo(f"{name:10s} {text}")


def _lines(seen: "Status") -> list[tuple[str, str]]:
    lines = [("trouble", trouble) for trouble in seen.troubles]
    if seen.workers is not None:
        lines += [("worker", _member(member, seen.rules)) for member in seen.workers] or [("worker", NOBODY)]
    if seen.lag is not None:
        behind = ", ".join(f"{topic} {count:,}" for topic, count in seen.lag.items() if count)
        most = "" if seen.lag_is_exact else "up to "
        lines.append(("lag", f"{most}{sum(seen.lag.values()):,} records not folded{f' ({behind})' if behind else ''}"))
    if seen.aside is not None:
        kept = {topic: "more than 10,000" if count is None else f"{count:,}" for topic, count in seen.aside.items()}
        lines.append(("aside", ", ".join(f"{topic} {count}" for topic, count in kept.items())))
    if seen.old is not None:
        lines.append(("redis", "; ".join(seen.old) or "up to date"))
    if seen.rules is not None:
        lines.append(("rules", ", ".join(f"{rule} v{version}" for rule, version in seen.rules.items()) or "none"))
    lines += [("process", f"{process} of this machine: {doing}") for process, doing in seen.processes.items()]
    if seen.recovery is not None:
        lines.append(("recovery", seen.recovery))
    return lines


def _member(member: "Member", in_force: "Mapping[str, int] | None") -> str:
    held = f"{member.client} at {member.host}: partitions {', '.join(map(str, member.partitions)) or 'none'}"
    held += f"; {member.state}" if member.state is not None else ""
    if member.rules is None or in_force is None:
        return f"{held}; rules not told"
    others = [f"{rule} v{version}" for rule, version in member.rules.items() if in_force.get(rule) != version]
    others += [f"not by {rule}" for rule in in_force if rule not in member.rules]
    return f"{held}; folds by {', '.join(others)}" if others else f"{held}; rules as in force"

"""`c360 audit`: who looked at which customer, at what, why and when."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from schemas.audit import LookupAudit

DAY_OR_INSTANT = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


def register(app: typer.Typer) -> None:
    """Add `c360 audit`."""
    app.command("audit")(audit)


def audit(
    customer: Annotated[str | None, typer.Option(help="Looks at this customer only.")] = None,
    person: Annotated[str | None, typer.Option(help="Looks by this person, or machine:<name>.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(help="From this day or instant (UTC) on.", formats=DAY_OR_INSTANT),
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="shown, unchanged, unknown or forbidden only.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The records as they stand, one line each.")] = False,
) -> None:
    """List the audit trail of lookups, by time."""
    from datetime import UTC

    from connectors.errors import Unavailable
    from connectors.serving.audit_reading import read_audit
    from ops.errors import OperatorError
    from ops.running import kafka_of
    from ops.settings import load_settings

    _check_outcome(outcome)
    bootstrap = kafka_of(load_settings()).bootstrap
    start = None if since is None else since.replace(tzinfo=UTC)
    try:
        found = [
            look
            for look in read_audit(bootstrap, start)
            if (customer is None or customer in look.customers)
            and person in {None, look.person}
            and outcome in {None, look.outcome}
            and (start is None or look.at >= start)
        ]
    except Unavailable as error:
        raise OperatorError(f"The audit trail can't be read from Kafka at {bootstrap}: {error.reason}") from None
    for look in sorted(found, key=lambda look: look.at):
        typer.echo(look.model_dump_json() if json else _line(look))
    if not json:
        typer.echo(f"{len(found):,} looks.")


def _check_outcome(outcome: str | None) -> None:
    from ops.errors import OperatorError
    from schemas.audit import LookOutcome

    if outcome is not None and outcome not in set(LookOutcome):
        raise OperatorError(f"{outcome} is no outcome of a look: give one of {', '.join(LookOutcome)}.")


def _line(look: "LookupAudit") -> str:
    from connectors.serving.wording import one_line

    shown = ", ".join(look.customers[:5]) + (f" and {len(look.customers) - 5} more" if len(look.customers) > 5 else "")
    parts = f" ({', '.join(look.fields)})" if look.fields else ""
    why = f": {one_line(look.reason)}" if look.reason else ""
    return (
        f"{look.at:%Y-%m-%d %H:%M:%S} {one_line(look.person)} as {look.role}, {look.look} by {look.asked_by}, "
        f"{look.outcome}: {shown or 'nobody'}{parts}{why}"
    )

"""`c360 api`: the lookup API and the console; `c360 api-key`: a key for a machine."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add both."""
    app.command("api")(api)
    app.command("api-key")(api_key)


def api(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default: C360_API_PORT; 0: a free one.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that share the port. Default: C360_API_WORKERS.")
    ] = None,
    listener: Annotated[int | None, typer.Option(hidden=True)] = None,
    number: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Serve lookups over HTTP until stopped; waits for Kafka and Redis, and says what it lacks meanwhile."""
    from ops.api import Member, run_api
    from ops.api_processes import run_processes
    from ops.running import kafka_of, redis_of
    from ops.settings import load_settings

    settings = load_settings(api_port=port, api_workers=workers)
    bootstrap, redis_url = kafka_of(settings).bootstrap, redis_of(settings)
    if settings.api_workers > 1 and listener is None:
        raise typer.Exit(run_processes(settings))
    member = None if listener is None else Member(listener, number)
    raise typer.Exit(run_api(settings, bootstrap, redis_url, member))


def api_key(
    name: Annotated[str, typer.Argument(help="The machine's name, as it stands in the audit trail.")],
    role: Annotated[str, typer.Option(help="Its role.")],
) -> None:
    """Make an API key: it is shown once; the machines file gets its hash."""
    from connectors.serving.tokens.machines import MachinesWrong, new_key, read_machines
    from ops.errors import OperatorError

    key, hashed = new_key()
    line = f"  - {{name: {name}, role: {role}, key_sha256: {hashed}}}"
    try:
        read_machines(f"machines:\n{line}", {role})
    except MachinesWrong as wrong:
        raise OperatorError(f"There can't be such a machine: {wrong}.") from None
    typer.echo(f"Key, for the machine alone (header X-API-Key): {key}")
    typer.echo("Line for the list `machines:` of C360_MACHINES_FILE:")
    typer.echo(line)

"""`c360 topics`: creates the topics of the contracts, and shows how they stand."""

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 topics create` and `c360 topics list`."""
    group = typer.Typer(no_args_is_help=True, help="Create and list the topics.")
    group.command("create")(create)
    group.command("list")(show)
    app.add_typer(group, name="topics")


def create() -> None:
    """Create every topic that is absent, with the partitions set by C360_PARTITIONS; safe to repeat."""
    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.topics import create_topics
    from schemas.topics import TOPICS

    settings = load_settings()
    bootstrap = kafka_of(settings).bootstrap
    created = create_topics(bootstrap, settings.partitions)
    for name in created:
        typer.echo(f"created {name} ({TOPICS[name].partitions or settings.partitions} partitions)")
    if not created:
        typer.echo(f"All topics are there already, with {settings.partitions} partitions for customers' records.")


def show() -> None:
    """List every topic: partitions, what the key is, how long records stay."""
    from rich.console import Console
    from rich.table import Table

    from ops.running import kafka_of
    from ops.settings import load_settings
    from ops.topics import list_topics

    table = Table()
    table.add_column("topic", no_wrap=True)
    for column in ("partitions", "key", "kept", "meaning"):
        table.add_column(column)
    for state in list_topics(kafka_of(load_settings()).bootstrap):
        count = "absent" if state.partitions is None else str(state.partitions)
        table.add_row(state.topic.name, count, state.topic.key, state.topic.kept(), state.topic.title)
    Console().print(table)

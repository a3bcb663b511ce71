"""`c360 ingest`: publishes a folder of files as events, by a declarative mapping."""

from pathlib import Path
from typing import Annotated

import typer

EXIT_ROWS_REFUSED = 1


def register(app: typer.Typer) -> None:
    """Add `c360 ingest`."""
    app.command("ingest")(ingest_folder)


def ingest_folder(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds the mapping's files.")],
    mapping: Annotated[
        list[str],
        typer.Option(help="berka, cfpb, or a YAML file. Given several times, all are merged in event-time order."),
    ],
    rate: Annotated[float | None, typer.Option(help="At most so many events a second.", min=0.001)] = None,
    stepwise: Annotated[
        bool,
        typer.Option(
            "--stepwise",
            help="Send nothing of a later instant before all of the earlier ones is in Kafka: for workers that fold "
            "by event time meanwhile.",
        ),
    ] = False,
) -> None:
    """Read DIR by the mapping and publish its events in event-time order, keyed by customer number.

    Ingesting the same folder again changes nothing: event ids are derived. Rows that can't be read are listed at the
    end, the rest goes on; exit code 1 when there were any.
    """
    from ops.ingestion import ingest
    from ops.running import kafka_of
    from ops.settings import load_settings

    report = ingest(kafka_of(load_settings()).bootstrap, mapping, folder, rate, stepwise=stepwise)
    for line in report.lines():
        typer.echo(line)
    if report.refused:
        raise typer.Exit(EXIT_ROWS_REFUSED)

"""`c360 metrics-doc`: the catalogue of metrics as text."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("metrics-doc")(metrics_doc)


def metrics_doc() -> None:
    """Print every metric with its meaning and what to do when it is bad (`ops/METRICS.md`)."""
    from ops.metrics_page import as_markdown

    typer.echo(as_markdown(), nl=False)

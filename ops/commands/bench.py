"""`c360 bench`: throughput beside four peers, latency, recovery and memory, measured here and now."""

from pathlib import Path
from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 bench`."""
    app.command("bench")(bench)


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="A smaller job, fewer rounds: under eight minutes.")] = False,
    curves: Annotated[
        bool, typer.Option("--curves", help="Instead: 10,000 to 1,000,000 customers, c360 alone.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write all figures to this file.")] = None,
    charts: Annotated[Path | None, typer.Option(file_okay=False, help="Draw charts (SVG) into this folder.")] = None,
    events: Annotated[int | None, typer.Option(min=10_000, help="Size of the backlog.")] = None,
    rounds: Annotated[int | None, typer.Option(min=0, help="Rounds of each contender.")] = None,
) -> None:
    """Measure c360 beside plain Faust, Quix Streams, Kafka Streams and a hand-written loop, in interleaved rounds.

    Kafka and Redis are started for it. Peers that are not built yet are, once, into C360_CACHE.
    """
    from dataclasses import replace

    from rich.console import Console

    from ops.bench.curves import FULL_CURVES, as_charts, as_document, measure_curves, print_curves
    from ops.bench.plan import FULL, QUICK, run_benchmark
    from ops.bench.report import as_chart, as_json, print_report
    from ops.settings import load_settings
    from ops.stopping import until_stopped

    with until_stopped():
        if curves:
            found = replace(FULL_CURVES, backlog=events or FULL_CURVES.backlog)
            for so_far in measure_curves(load_settings(), found, _tell):
                _write(json, as_document(found, so_far), charts, as_charts(found, so_far.points))
            print_curves(so_far.points, Console())
            return
        plan = QUICK if quick else FULL
        plan = replace(plan, events=events or plan.events, rounds=plan.rounds if rounds is None else rounds)
        outcome = run_benchmark(load_settings(), plan, _tell)
        _write(json, as_json(outcome), charts, {"throughput": as_chart(outcome)})
        print_report(outcome, Console())


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _write(json: Path | None, document: dict[str, Any], charts: Path | None, drawn: dict[str, str]) -> None:
    import orjson

    if json is not None:
        json.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    if charts is not None:
        charts.mkdir(parents=True, exist_ok=True)
        for name, chart in drawn.items():
            (charts / f"{name}.svg").write_text(chart, encoding="utf-8")

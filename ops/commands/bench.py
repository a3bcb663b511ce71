"""`c360 bench`: throughput beside four peers, latency, recovery and memory, measured here and now."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `c360 bench`."""
    app.command("bench")(bench)


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="A smaller job, fewer rounds: under eight minutes.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write all figures to this file.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Draw the throughput of all to this SVG.")] = None,
    events: Annotated[int | None, typer.Option(min=1_000, help="Size of the backlog.")] = None,
    rounds: Annotated[int | None, typer.Option(min=0, help="Rounds of each contender.")] = None,
) -> None:
    """Measure c360 beside plain Faust, Quix Streams, Kafka Streams and a hand-written loop, in interleaved rounds.

    Kafka and Redis are started for it. Peers that are not built yet are, once, into C360_CACHE.
    """
    from dataclasses import replace

    import orjson
    from rich.console import Console

    from ops.bench.plan import FULL, QUICK, run_benchmark
    from ops.bench.report import as_chart, as_json, print_report
    from ops.settings import load_settings
    from ops.stopping import until_stopped

    plan = QUICK if quick else FULL
    plan = replace(plan, events=events or plan.events, rounds=plan.rounds if rounds is None else rounds)
    with until_stopped():
        outcome = run_benchmark(load_settings(), plan, lambda line: typer.echo(line, err=True))
        if json is not None:
            json.write_bytes(orjson.dumps(as_json(outcome), option=orjson.OPT_INDENT_2))
        if chart is not None:
            chart.write_text(as_chart(outcome), encoding="utf-8")
        print_report(outcome, Console())

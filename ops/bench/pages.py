"""The tables of RESULTS.md, CURVES.md and SIZING.md, from the documents that `c360 bench --json` writes.

`python -m ops.bench.pages FILE` prints the first two as Markdown.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from ops.bench.contenders import C360, TITLES
from ops.sizing import Constants

__all__ = ["curves_table", "latency_table", "ratios_table", "results_table", "sizing_table"]

CONSTANTS: Final = {
    "worker_us": "processor microseconds of a worker per event, transactions and all, at the largest bank measured",
    "projector_us": "of the projector per event, until its outcome stands in Redis",
    "broker_us": "of Kafka and Redis together per event, one copy, no TLS",
    "input_bytes": "an event as Kafka keeps it, uncompressed",
    "view_bytes_written": "written to `customer-views` per event: the sections it changed, and the summary",
    "worker_base_bytes": "a worker that holds nothing",
    "worker_overhead": "a worker keeps so many bytes per customer beside the bytes of his view (decision 10)",
    "redis_factor": "bytes in Redis per byte of view: field names, key and index entries included",
    "recovered_per_second": "records of `customer-views` that a worker reads back, one process, at the largest bank",
}
"""What each is; SIZING.md has them in this order."""


def results_table(document: Mapping[str, Any]) -> str:
    """One row for each contender, the slowest first."""
    rates = {name: rate for name, rate in document["throughput"].items() if rate is not None}
    rows = [_result(document, name) for name in sorted(rates, key=lambda name: rates[name])]
    return _table(("", "events/s", "c360 is", "CPU us/event", "Kafka + Redis us/event", "peak MiB"), rows)


def _result(document: Mapping[str, Any], name: str) -> list[str]:
    peaks = {process: peak for process, peak in document["peak_mib"][name].items() if process != "broker"}
    ratio = document["ratios_to_all"].get(name)
    title = f"**{TITLES[name]}**" if name == C360 else TITLES[name]
    return [
        title,
        _shown(document["throughput"][name], 0),
        "" if ratio is None else f"{ratio:.2f}x",
        _shown(document["cpu_us_per_record"][name], 1),
        _shown(document["broker_cpu_us_per_record"][name], 1),
        ", ".join(f"{peak:,.0f} {process}" for process, peak in peaks.items()),
    ]


def latency_table(document: Mapping[str, Any]) -> str:
    """One row for each rate."""
    rows = [
        [f"{int(rate):,}", _quantiles(found["redis"]), _quantiles(found["alert"]), str(found["missed"])]
        for rate, found in document["latency_by_rate"].items()
    ]
    return _table(("events/s", "to Redis p50 / p99 / max, ms", "to alert p50 / p99 / max, ms", "lost"), rows)


def curves_table(document: Mapping[str, Any]) -> str:
    """One row for each point."""
    rows = [
        [
            f"{point['customers']:,} x {point['accounts']:,}",
            point["setup"],
            _shown(point["rate"], 0),
            _shown(point["cpu_us"], 1),
            _shown(point["broker_us"], 1),
            _shown(point["recovery_seconds"], 1),
            _shown(point["held_mib"] * 2**20 / point["customers"], 0),
            _shown(point["peak_mib"], 0),
            _quantiles(point["alert_ms"]),
        ]
        for point in document["points"]
    ]
    columns = ("customers x accounts", "", "events/s", "CPU us/event", "Kafka us/event", "back in, s")
    return _table((*columns, "bytes a customer", "peak MiB", "to alert p50 / p99 / max, ms"), rows)


def ratios_table(document: Mapping[str, Any]) -> str:
    """What an event costs at the last bank of a kind, in what it costs at the first."""
    points = [point for point in document["points"] if point["cpu_us"]]
    rows = []
    for setup in dict.fromkeys(point["setup"] for point in points):
        ours = [point for point in points if point["setup"] == setup]
        grown = [point for point in ours if point["accounts"] == ours[0]["accounts"]]
        wide = [point for point in ours if point["accounts"] != ours[0]["accounts"]]
        rows += [_growth(setup, kind) for kind in (grown, wide) if len(kind) > 1]
    return _table(("an event's processor time", "", "times"), rows)


def _growth(setup: str, points: Sequence[Mapping[str, Any]]) -> list[str]:
    first, last = points[0], points[-1]
    named = [f"{point['customers']:,} x {point['accounts']:,}" for point in (last, first)]
    return [" beside ".join(named), setup, _shown(last["cpu_us"] / first["cpu_us"], 2)]


def sizing_table(found: Constants) -> str:
    """One row for each constant."""
    rows = []
    for name, meaning in CONSTANTS.items():
        value: float = getattr(found, name)
        rows.append(
            [f"`{name}`", f"{value / 2**20:,.0f} MiB" if name == "worker_base_bytes" else f"{value:,g}", meaning]
        )
    return _table(("constant", "value", "what it is"), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _quantiles(found: Mapping[str, float] | None) -> str:
    return "" if found is None else f"{found['p50']:.0f} / {found['p99']:.0f} / {found['worst']:.0f}"


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def main() -> None:
    """Print the tables of a document."""
    document = orjson.loads(Path(sys.argv[1]).read_bytes())
    if "points" in document:
        print(curves_table(document), end="")
    else:
        print(results_table(document), latency_table(document), sep="\n", end="")


if __name__ == "__main__":
    main()

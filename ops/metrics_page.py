"""The catalogue of metrics as a page: `ops/METRICS.md`."""

from typing import Final

from ops.metrics_catalogue import CATALOGUE, LABELS, PROCESSES, Metric

__all__ = ["as_markdown"]

_TITLES: Final = {"every": "Every process", "api": "Lookup API"}


def as_markdown() -> str:
    """The catalogue as the text of `ops/METRICS.md`."""
    lines = [
        "# Metrics",
        "",
        "Made from `ops/metrics_catalogue.py` by `c360 metrics-doc`. Worker, projector, deliverer and API each serve",
        "theirs at `/metrics`, next to Prometheus' own `process_*`. Counters whose labels are known beforehand begin",
        "at 0, so that the first increase counts.",
    ]
    for process in ("every", *PROCESSES):
        lines += ["", f"## {_TITLES.get(process, process.capitalize())}", ""]
        lines += ["| metric | type | labels | meaning | when it is bad |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(metric) for metric in CATALOGUE if metric.process == process]
    lines += ["", "## Labels", "", "| label | its values |", "| --- | --- |"]
    lines += [f"| `{label}` | {bound} |" for label, bound in LABELS.items()]
    return "\n".join(lines) + "\n"


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "-"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} | {metric.when_bad} |"

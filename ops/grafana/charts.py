"""The dashboards as pictures, without a Grafana: drawn from what a Prometheus holds.

`python -m ops.grafana.charts http://127.0.0.1:9090 FOLDER [SECONDS]` writes `<uid>.svg` for each, of the last so many
seconds. What Prometheus answers to a panel's queries is what is drawn; a panel without an answer says so.
"""

import math
import sys
import time
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from ops.grafana.boards import BOARDS
from ops.grafana.panels import RANGE, RATE, Board, Panel, Unit

__all__ = ["Line", "drawn", "fetched"]

COLUMNS: Final = 3
WIDTH: Final = 380
HEIGHT: Final = 190
POINTS: Final = 60
NAMED: Final = 5
STYLE: Final = """
    .card { fill: #f6f8fa; stroke: #d5dde4; }
    .grid { stroke: #d5dde4; fill: none; }
    .line { stroke-width: 1.8; fill: none; }
    .s0 { stroke: #1f5f99; } .s1 { stroke: #a06a00; } .s2 { stroke: #a33a3a; }
    .s3 { stroke: #2f7d4f; } .s4 { stroke: #5b6b7a; }
    .d0 { fill: #1f5f99; } .d1 { fill: #a06a00; } .d2 { fill: #a33a3a; }
    .d3 { fill: #2f7d4f; } .d4 { fill: #5b6b7a; }
    text { fill: #16202a; }
    .head { font-weight: 600; font-size: 17px; }
    .title { font-weight: 600; }
    .small { font-size: 11px; fill: #3c4a57; }
    .large { font-size: 40px; }
    @media (prefers-color-scheme: dark) {
      .card { fill: #16202a; stroke: #2b3743; }
      .grid { stroke: #2b3743; }
      .s0 { stroke: #6db3f2; } .s1 { stroke: #d9a441; } .s2 { stroke: #e08a8a; }
      .s3 { stroke: #7cc99a; } .s4 { stroke: #9fb0c0; }
      .d0 { fill: #6db3f2; } .d1 { fill: #d9a441; } .d2 { fill: #e08a8a; }
      .d3 { fill: #7cc99a; } .d4 { fill: #9fb0c0; }
      text { fill: #e8eef4; }
      .small { fill: #b9c6d2; }
    }
"""


class Line(NamedTuple):
    """A series: its name, and (instant, value) where it has one."""

    name: str
    points: Sequence[tuple[float, float]]


def fetched(client: httpx.Client, panel: Panel, until: float, seconds: float) -> list[Line]:
    """What Prometheus answers to a panel over the last `seconds`."""
    step = max(1.0, seconds / POINTS)
    lines = []
    for query in panel.queries:
        expr = query.expr.replace(RATE, f"{max(15, round(4 * step))}s").replace(RANGE, f"{round(seconds)}s")
        asked: dict[str, str | float] = {"query": expr, "start": until - seconds, "end": until, "step": step}
        answer = client.get("/api/v1/query_range", params=asked).raise_for_status().json()
        for series in answer["data"]["result"]:
            points = [(float(at), float(value)) for at, value in series["values"]]
            lines.append(Line(_named(query.legend, series["metric"]), [p for p in points if math.isfinite(p[1])]))
    return sorted((line for line in lines if line.points), key=lambda line: -max(value for _, value in line.points))


def _named(legend: str, labels: Mapping[str, str]) -> str:
    for label, value in labels.items():
        legend = legend.replace(f"{{{{{label}}}}}", value.removeprefix("c360-").removeprefix("127.0.0.1"))
    return legend


def drawn(board: Board, of: Mapping[str, Sequence[Line]], span: tuple[float, float]) -> str:
    """The dashboard as SVG; `of` holds the lines of each panel, by its title."""
    rows = math.ceil(len(board.panels) / COLUMNS)
    width, height = COLUMNS * (WIDTH + 12) + 12, rows * (HEIGHT + 12) + 52
    parts = [f'<text class="head" x="14" y="28">{escape(board.title)}</text>']
    for place, panel in enumerate(board.panels):
        x, y = 12 + place % COLUMNS * (WIDTH + 12), 44 + place // COLUMNS * (HEIGHT + 12)
        parts.append(f'<g transform="translate({x} {y})">{"".join(_panel(panel, of[panel.title], span))}</g>')
    told = "; ".join(f"{panel.title}: {panel.tells}" for panel in board.panels)
    body = "\n  ".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t d" '
        f'font-family="system-ui, sans-serif" font-size="13">\n  <title id="t">{escape(board.title)}</title>\n'
        f'  <desc id="d">{escape(told)}</desc>\n  <style>{STYLE}  </style>\n  {body}\n</svg>\n'
    )


def _panel(panel: Panel, lines: Sequence[Line], span: tuple[float, float]) -> list[str]:
    parts = [
        f'<rect class="card" width="{WIDTH}" height="{HEIGHT}" rx="5"/>',
        f'<text class="title" x="10" y="20">{escape(panel.title)}</text>',
    ]
    if not lines:
        return [*parts, f'<text class="small" x="10" y="{HEIGHT / 2}">no data</text>']
    if panel.shows == "number":
        shown = shown_as(lines[0].points[-1][1], panel.unit)
        return [
            *parts,
            f'<text class="large" x="{WIDTH / 2}" y="{HEIGHT / 2 + 16}" text-anchor="middle">{shown}</text>',
        ]
    return [*parts, *(_rows(panel, lines) if panel.shows == "table" else _curves(panel, lines, span))]


def _rows(panel: Panel, lines: Sequence[Line]) -> list[str]:
    parts = []
    for row, line in enumerate(lines[:9]):
        y = 42 + row * 16
        parts.append(f'<text class="small" x="10" y="{y}">{escape(line.name)}</text>')
        value = shown_as(line.points[-1][1], panel.unit)
        parts.append(f'<text class="small" x="{WIDTH - 10}" y="{y}" text-anchor="end">{value}</text>')
    return parts


def _curves(panel: Panel, lines: Sequence[Line], span: tuple[float, float]) -> list[str]:
    left, right, top, bottom = 56, WIDTH - 130, 36, HEIGHT - 24
    most = max((value for line in lines for _, value in line.points if value > 0), default=1.0)
    begin, end = span
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        shown = shown_as(most * share, panel.unit)
        parts.append(f'<text class="small" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>')
    for number, line in enumerate(lines[: 4 * NAMED]):
        path = "L".join(
            f"{left + (at - begin) / (end - begin) * (right - left):.1f} {bottom - value / most * (bottom - top):.1f}"
            for at, value in line.points
        )
        parts.append(f'<path class="line s{min(number, NAMED - 1)}" d="M{path}"/>')
    for number, line in enumerate(lines[:NAMED]):
        y = top + 6 + number * 18
        parts.append(f'<circle class="d{number}" cx="{right + 12}" cy="{y}" r="4"/>')
        parts.append(f'<text class="small" x="{right + 20}" y="{y + 4}">{escape(line.name[:18])}</text>')
    if len(lines) > NAMED:
        parts.append(
            f'<text class="small" x="{right + 20}" y="{top + 10 + NAMED * 18}">and {len(lines) - NAMED} more</text>'
        )
    parts.append(f'<text class="small" x="{right}" y="{HEIGHT - 8}" text-anchor="end">{end - begin:.0f} s</text>')
    return parts


def shown_as(value: float, unit: Unit) -> str:
    """A value for people: 1.5 ms, 120 MB, 3.2k, 12 %."""
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "s":
        return _scaled(value, ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "us")))
    if unit == "bytes":
        return _scaled(value, ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")))
    return _scaled(value, ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))).rstrip()


def _scaled(value: float, scales: Sequence[tuple[float, str]]) -> str:
    for scale, name in scales:
        if abs(value) >= scale:
            return f"{value / scale:.3g} {name}"
    return f"{value:.2g} " if value else "0"


def main() -> None:
    """Draw all of them."""
    url, folder = sys.argv[1], Path(sys.argv[2])
    seconds, until = float(sys.argv[3]) if len(sys.argv) > 3 else 600.0, time.time()
    with httpx.Client(base_url=url, trust_env=False) as client:
        for board in BOARDS:
            lines = {panel.title: fetched(client, panel, until, seconds) for panel in board.panels}
            (folder / f"{board.uid}.svg").write_text(drawn(board, lines, (until - seconds, until)))


if __name__ == "__main__":
    main()

"""Charts as SVG text, in the manner of the pictures in ops/docs: light and dark, no script, no font of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Final

__all__ = ["Bar", "Line", "bars", "lines"]

WIDTH: Final = 900
LABELS: Final = 230
"""Width of the column of names."""
ROW: Final = 30
STYLE: Final = """
    .bar { fill: #c9d3dc; }
    .own { fill: #1f5f99; }
    .axis { stroke: #5b6b7a; stroke-width: 1; fill: none; }
    .grid { stroke: #d5dde4; stroke-width: 1; fill: none; }
    .line { stroke-width: 2; fill: none; }
    .s0 { stroke: #1f5f99; } .s1 { stroke: #a06a00; } .s2 { stroke: #a33a3a; } .s3 { stroke: #5b6b7a; }
    .d0 { fill: #1f5f99; } .d1 { fill: #a06a00; } .d2 { fill: #a33a3a; } .d3 { fill: #5b6b7a; }
    text { fill: #16202a; }
    .head { font-weight: 600; font-size: 16px; }
    .small { font-size: 12px; fill: #3c4a57; }
    @media (prefers-color-scheme: dark) {
      .bar { fill: #3a4856; }
      .own { fill: #6db3f2; }
      .axis { stroke: #9fb0c0; }
      .grid { stroke: #2b3743; }
      .s0 { stroke: #6db3f2; } .s1 { stroke: #d9a441; } .s2 { stroke: #e08a8a; } .s3 { stroke: #9fb0c0; }
      .d0 { fill: #6db3f2; } .d1 { fill: #d9a441; } .d2 { fill: #e08a8a; } .d3 { fill: #9fb0c0; }
      text { fill: #e8eef4; }
      .small { fill: #b9c6d2; }
    }
"""


@dataclass(frozen=True)
class Bar:
    """One row: `value` is drawn, `note` is written behind it."""

    label: str
    value: float
    note: str
    own: bool = False
    """Whether it is c360's."""


@dataclass(frozen=True)
class Line:
    """One series: values at the places of the axis, None where there is none."""

    label: str
    values: Sequence[float | None]


def bars(title: str, below: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars from 0, one below another; `below` is a line of small print."""
    most = max((row.value for row in rows), default=1.0) or 1.0
    room = WIDTH - LABELS - 210
    parts = []
    for place, row in enumerate(rows):
        y = 50 + place * ROW
        width, sort = max(1.0, row.value / most * room), "own" if row.own else "bar"
        parts += [
            f'<text x="{LABELS - 10}" y="{y + 15}" text-anchor="end">{escape(row.label)}</text>',
            f'<rect class="{sort}" x="{LABELS}" y="{y}" width="{width:.1f}" height="20" rx="3"/>',
            f'<text class="small" x="{LABELS + width + 8:.1f}" y="{y + 15}">{escape(row.note)}</text>',
        ]
    height = 50 + len(rows) * ROW + 30
    told = "; ".join(f"{row.label}: {row.note}" for row in rows)
    parts.append(f'<text class="small" x="20" y="{height - 12}">{escape(below)}</text>')
    return _svg(title, told, height, parts)


def lines(title: str, unit: str, axis: Sequence[str], series: Sequence[Line]) -> str:
    """Lines over named places, values from 0 on the left axis; the last value of each is written at its end."""
    left, right, top, bottom = 80, WIDTH - 230, 60, 300
    values = [value for line in series for value in line.values if value is not None]
    most = _ceiling(max(values, default=1.0))
    step = (right - left) / max(1, len(axis) - 1)

    def x(place: int) -> float:
        return left + place * step

    def y(value: float) -> float:
        return bottom - value / most * (bottom - top)

    parts = [f'<text class="small" x="20" y="{top - 12}">{escape(unit)}</text>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = y(most * share)
        parts.append(f'<path class="{"grid" if share else "axis"}" d="M{left} {at:.1f}H{right}"/>')
        parts.append(
            f'<text class="small" x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{most * share:,.4g}</text>'
        )
    for place, name in enumerate(axis):
        parts.append(
            f'<text class="small" x="{x(place):.1f}" y="{bottom + 20}" text-anchor="middle">{escape(name)}</text>'
        )
    for number, line in enumerate(series):
        there = [(x(place), y(value)) for place, value in enumerate(line.values) if value is not None]
        path = "L".join(f"{px:.1f} {py:.1f}" for px, py in there)
        if len(there) > 1:
            parts.append(f'<path class="line s{number % 4}" d="M{path}"/>')
        parts += [f'<circle class="d{number % 4}" cx="{px:.1f}" cy="{py:.1f}" r="4"/>' for px, py in there]
    parts += _legend(series, right + 30, top)
    told = "; ".join(f"{line.label}: {', '.join(_shown(value) for value in line.values)}" for line in series)
    return _svg(title, told, bottom + 45, parts)


def _legend(series: Sequence[Line], x: float, y: float) -> list[str]:
    parts = []
    for number, line in enumerate(series):
        at = y + number * 24
        parts.append(f'<circle class="d{number % 4}" cx="{x}" cy="{at}" r="5"/>')
        parts.append(f'<text class="small" x="{x + 12}" y="{at + 4}">{escape(line.label)}</text>')
    return parts


def _ceiling(value: float) -> float:
    """The next of 1, 2, 5, 10, ... in its power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** int(log10(value) // 1)
    return next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if value <= power * factor * (1 + 1e-9))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"


def _svg(title: str, told: str, height: float, parts: Sequence[str]) -> str:
    body = "\n  ".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-labelledby="t d" font-family="system-ui, sans-serif" font-size="14">\n'
        f'  <title id="t">{escape(title)}</title>\n  <desc id="d">{escape(told)}</desc>\n'
        f"  <style>{STYLE}  </style>\n"
        f'  <text class="head" x="20" y="28">{escape(title)}</text>\n  {body}\n</svg>\n'
    )

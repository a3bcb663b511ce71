"""What a dashboard is made of, and the JSON that Grafana reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["RANGE", "RATE", "Board", "Panel", "Query", "as_grafana", "quantile"]

RATE: Final = "$__rate_interval"
"""Grafana's own: long enough for four scrapes."""
RANGE: Final = "$__range"
"""Grafana's own: the time shown."""
DATASOURCE: Final = {"type": "prometheus", "uid": "c360-prometheus"}
COLUMNS: Final = 24
HEIGHT: Final = 8

Unit = Literal["s", "short", "bytes", "percentunit", "reqps", "ops"]


@dataclass(frozen=True)
class Query:
    """One expression; `legend` names its series by their labels, as `{{topic}}`."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One picture and what to read in it."""

    title: str
    tells: str
    unit: Unit
    queries: tuple[Query, ...]
    shows: Literal["lines", "number", "table"] = "lines"


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


_TYPES: Final = {"lines": "timeseries", "number": "stat", "table": "table"}
_ASKED: Final[dict[str, dict[str, Any]]] = {
    "lines": {},
    "number": {"instant": True, "range": False},
    "table": {"instant": True, "range": False, "format": "table"},
}
_WIDTHS: Final = {"lines": 8, "number": 4, "table": 8}


def quantile(share: float, metric: str, *by: str) -> str:
    """Of a histogram, lately; by the labels named."""
    return f"histogram_quantile({share}, sum by ({', '.join((*by, 'le'))}) (rate({metric}_bucket[{RATE}])))"


def as_grafana(board: Board) -> dict[str, Any]:
    """The dashboard as Grafana's JSON; panels fill rows from the left."""
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["c360"],
        "timezone": "browser",
        "schemaVersion": 38,
        "version": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "editable": False,
        "panels": _placed(board.panels),
    }


def _placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    placed, x, y = [], 0, 0
    for number, panel in enumerate(panels, 1):
        width = _WIDTHS[panel.shows]
        if x + width > COLUMNS:
            x, y = 0, y + HEIGHT
        placed.append(_panel(number, panel, {"x": x, "y": y, "w": width, "h": HEIGHT}))
        x += width
    return placed


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": _TYPES[panel.shows],
        "title": panel.title,
        "description": panel.tells,
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + place_of),
                "datasource": DATASOURCE,
                "expr": query.expr,
                "legendFormat": query.legend,
                **_ASKED[panel.shows],
            }
            for place_of, query in enumerate(panel.queries)
        ],
    }

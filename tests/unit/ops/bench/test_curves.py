"""Cost curves as a document, as charts and as a table."""

import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import orjson
import pytest
from rich.console import Console

from ops.bench.curves import FULL_CURVES, Curves, Point, as_charts, as_document, print_curves
from ops.bench.statistics import Quantiles

POINT = Point(
    10_000, 2, "one worker", 2_000, 6, 0.5, 90.0, 40_000.0, 25.0, 9.0, 150.0, Quantiles(100, 12.0, 40.0, 60.0)
)


@pytest.fixture
def points() -> list[Point]:
    return [
        POINT,
        replace(POINT, setup="two workers", alert_ms=None),
        replace(POINT, customers=100_000, rate=None, cpu_us=None),
    ]


def test_the_document_has_every_point(points: list[Point]) -> None:
    told = orjson.loads(orjson.dumps(as_document(FULL_CURVES, Curves({"cores": 2}, "2026-11-25", 80.0, points))))
    assert (told["measured_on"], told["base_mib"], told["backlog"]) == ("2026-11-25", 80.0, FULL_CURVES.backlog)
    assert [point["setup"] for point in told["points"]] == ["one worker", "two workers", "one worker"]
    assert told["points"][0]["alert_ms"] == {"n": 100, "p50": 12.0, "p99": 40.0, "worst": 60.0}
    assert told["points"][1]["alert_ms"] is None


def test_there_is_a_chart_for_each_question_and_a_line_for_each_setup(points: list[Point]) -> None:
    charts = as_charts(FULL_CURVES, points)
    assert set(charts) == {"curves-throughput", "curves-cpu", "curves-recovery", "curves-memory"}
    for chart in charts.values():
        ET.fromstring(chart)
        assert ">one worker<" in chart
        assert ">two workers<" in chart


def test_people_see_a_row_for_each_point(points: list[Point]) -> None:
    shown = io.StringIO()
    print_curves(points, Console(file=shown, width=200))
    assert "12 / 40" in shown.getvalue()
    assert shown.getvalue().count("one worker") == 2

"""The dashboards drawn: what a panel's queries answer, or that there is nothing."""

import re
from xml.etree import ElementTree as ET

import httpx

from ops.grafana.charts import Line, drawn, fetched, shown_as
from ops.grafana.panels import RANGE, RATE, Board, Panel, Query

LAG = Panel("Lag", "Records.", "short", (Query(f"sum by (topic) (rate(lag[{RATE}]))", "{{topic}}"),))
TOTAL = Panel("Total", "Records.", "short", (Query(f"sum(increase(all[{RANGE}]))", "all"),), "number")
KINDS = Panel("Kinds", "Records.", "short", (Query("kinds", "{{kind}}"),), "table")
BOARD = Board("board", "A board", (LAG, TOTAL, KINDS))


def test_lines_numbers_rows_and_what_has_no_data_are_drawn() -> None:
    lines = {
        "Lag": [Line("clock", [(0.0, 0.0), (5.0, 20.0), (10.0, 10.0)]), Line("<other>", [(10.0, 5.0)])],
        "Total": [Line("all", [(10.0, 1_234.0)])],
        "Kinds": [],
    }
    svg = drawn(BOARD, lines, (0.0, 10.0))
    ET.fromstring(svg)
    assert "1.23 k" in svg
    assert "&lt;other&gt;" in svg
    assert svg.count("no data") == 1
    assert re.search(r'class="line s0" d="M56\.0 166\.0L153\.0 36\.0L250\.0 101\.0"', svg)


def test_a_panel_is_asked_for_the_time_it_shows() -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        values = [[10, "1.5"], [20, "NaN"]]
        result = [{"metric": {"topic": "clock"}, "values": values}, {"metric": {}, "values": [[20, "NaN"]]}]
        return httpx.Response(200, json={"status": "success", "data": {"result": result}})

    with httpx.Client(base_url="http://prometheus", transport=httpx.MockTransport(answer)) as client:
        assert fetched(client, LAG, 600.0, 600.0) == [Line("clock", [(10.0, 1.5)])]
        fetched(client, TOTAL, 600.0, 600.0)
    assert [url.params["query"] for url in asked] == ["sum by (topic) (rate(lag[40s]))", "sum(increase(all[600s]))"]
    assert (asked[0].params["start"], asked[0].params["end"], asked[0].params["step"]) == ("0.0", "600.0", "10.0")


def test_values_are_told_in_units_for_people() -> None:
    assert shown_as(0.0123, "percentunit") == "1.23 %"
    assert shown_as(0.0154, "s") == "15.4 ms"
    assert shown_as(90_000, "s") == "1.04 d"
    assert shown_as(120_000_000, "bytes") == "120 MB"
    assert shown_as(0, "short") == "0"
    assert shown_as(0.5, "ops") == "0.5"

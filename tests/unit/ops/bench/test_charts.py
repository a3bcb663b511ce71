"""Charts are well-formed SVG that says its figures in words too."""

from xml.etree import ElementTree as ET

from ops.bench.charts import Bar, Line, bars, lines

SVG = "{http://www.w3.org/2000/svg}"


def test_the_longest_bar_is_the_greatest_value() -> None:
    drawn = ET.fromstring(bars("A & B", "below", [Bar("c360", 200.0, "200", own=True), Bar("<x>", 50.0, "50")]))
    one, other = (float(rect.get("width") or 0) for rect in drawn.iter(f"{SVG}rect"))
    assert one == 4 * other
    assert drawn.findtext(f"{SVG}desc") == "c360: 200; <x>: 50"


def test_a_line_leaves_out_what_was_not_measured() -> None:
    series = [Line("memory", [1.0, None, 4.0]), Line("rocksdb", [2.0, 2.0, 2.0])]
    drawn = ET.fromstring(lines("Cost", "us", ["10k", "100k", "1M"], series))
    assert sum(1 for circle in drawn.iter(f"{SVG}circle") if circle.get("r") == "4") == 5
    assert "memory: 1, -, 4" in (drawn.findtext(f"{SVG}desc") or "")


def test_nothing_measured_draws_an_empty_chart() -> None:
    ET.fromstring(bars("none", "", []))
    ET.fromstring(lines("none", "us", [], []))

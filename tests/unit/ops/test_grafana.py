"""The dashboards: as committed they are as written, and they ask for what there is."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ops.grafana.boards import BOARDS, FOLDER, written
from ops.grafana.panels import DATASOURCE, RANGE, RATE, Board, as_grafana
from ops.metrics_catalogue import CATALOGUE
from tests.support.prometheus import ALERTS, RECORDING, names_in, program, rules_of, shown_names

EACH = pytest.mark.parametrize("board", [pytest.param(board, id=board.uid) for board in BOARDS])


def test_the_files_are_up_to_date() -> None:
    committed = {path.name: path.read_text() for path in FOLDER.iterdir()}
    assert committed == written(), "run `python -m ops.grafana.boards`"


@EACH
def test_panels_ask_for_metrics_of_the_catalogue_by_labels_they_have(board: Board) -> None:
    known = shown_names() | {rule["record"] for rule in rules_of(RECORDING)}
    labels = {label for metric in CATALOGUE for label in metric.labels} | {"job", "instance", "le"}
    for panel in board.panels:
        assert panel.tells.endswith(".")
        for query in panel.queries:
            assert names_in(query.expr), panel.title
            assert names_in(query.expr) <= known, panel.title
            assert set(re.findall(r"{{(\w+)}}", query.legend)) <= labels, panel.title


def test_promtool_can_read_every_query(tmp_path: Path) -> None:
    exprs = [query.expr for board in BOARDS for panel in board.panels for query in panel.queries]
    rules = [{"record": f"query:{n}", "expr": e.replace(RATE, "1m").replace(RANGE, "1h")} for n, e in enumerate(exprs)]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    command = [program("promtool"), "check", "rules", str(tmp_path / "queries.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@EACH
def test_panels_stand_side_by_side_and_none_over_another(board: Board) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in as_grafana(board)["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + dx, place["y"] + dy) for dx in range(place["w"]) for dy in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_every_metric_of_the_catalogue_is_seen_on_a_dashboard_or_watched_by_an_alert() -> None:
    asked = "\n".join([*written().values(), *(rule["expr"] for path in (ALERTS, RECORDING) for rule in rules_of(path))])
    unseen = {metric.name for metric in CATALOGUE if metric.name not in asked}
    assert unseen == {"c360_worker_recovered_records_total", "c360_worker_standby_records_total"}


def test_each_recorded_series_is_asked_for_by_an_alert_or_a_dashboard() -> None:
    asked = "\n".join([*written().values(), *(rule["expr"] for rule in rules_of(ALERTS))])
    assert {rule["record"] for rule in rules_of(RECORDING)} <= names_in(asked.replace('\\"', '"').replace('"', " "))


def test_grafana_is_told_of_the_datasource_and_the_folder_that_the_dashboards_name() -> None:
    provisioning = FOLDER.with_name("provisioning")
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert {"type": source["type"], "uid": source["uid"]} == DATASOURCE
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "c360.yml").read_text())["providers"]
    assert provider["type"] == "file"
    assert len({json.loads(text)["uid"] for text in written().values()}) == len(BOARDS)

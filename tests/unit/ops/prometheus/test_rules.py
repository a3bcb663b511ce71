"""The rules of Prometheus: each alert fires where it should, has a runbook, and asks for what there is."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ops.metrics_catalogue import CATALOGUE
from tests.support.prometheus import ALERTS, FOLDER, RECORDING, names_in, program, rules_of, shown_names

ROOT = FOLDER.parents[1]
RUNBOOKS = ROOT / "ops" / "runbooks"
CASES = Path(__file__).with_name("alerts.yml")


def promtool(*arguments: str) -> str:
    """What promtool says, and it has nothing to complain about."""
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_promtool_accepts_rules_and_configurations() -> None:
    promtool("check", "rules", str(ALERTS), str(RECORDING))
    for config in ("prometheus.yml", "host.yml"):
        promtool("check", "config", str(FOLDER / config))


def test_every_alert_fires_where_it_should_and_is_quiet_where_it_should_not() -> None:
    assert "SUCCESS" in promtool("test", "rules", str(CASES))
    tried: dict[str, set[bool]] = {}
    for case in yaml.safe_load(CASES.read_text())["tests"]:
        for asked in case["alert_rule_test"]:
            tried.setdefault(asked["alertname"], set()).add(bool(asked["exp_alerts"]))
    assert tried == {rule["alert"]: {True, False} for rule in rules_of(ALERTS)}


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule["alert"]) for rule in rules_of(ALERTS)])
def test_an_alert_says_what_how_bad_and_where_to_read_on(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert "for" in rule
    annotations = rule["annotations"]
    assert annotations["summary"]
    assert annotations["description"].endswith(".")
    page = (ROOT / annotations["runbook"]).read_text()
    assert page.startswith(f"# {rule['alert']}\n\n**It means.** ")
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## Look", "## Do", "## It is over when"]


def test_every_runbook_belongs_to_an_alert_and_its_links_lead_somewhere() -> None:
    pages = {path.stem: path.read_text() for path in RUNBOOKS.glob("*.md") if path.stem != "README"}
    assert pages.keys() == {rule["alert"] for rule in rules_of(ALERTS)}
    for name, page in pages.items():
        for link in re.findall(r"\]\(([^)]+)\)", page):
            assert (RUNBOOKS / link).is_file(), f"{name}: {link}"


def test_rules_and_runbooks_ask_for_metrics_of_the_catalogue_only() -> None:
    recorded = {rule["record"] for rule in rules_of(RECORDING)}
    known = shown_names() | recorded
    for rule in [*rules_of(RECORDING), *rules_of(ALERTS)]:
        assert names_in(rule["expr"]) <= known, rule
    for page in RUNBOOKS.glob("*.md"):
        assert names_in(page.read_text()) <= known | {metric.name for metric in CATALOGUE}, page.name

"""Prometheus in tests: its programs where they are installed, what the rules and dashboards ask for, a real one."""

import math
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

import ops.prometheus
from ops.launcher.ports import free_ports
from ops.metrics_catalogue import CATALOGUE
from tests.support.waiting import eventually

__all__ = [
    "ALERTS",
    "FOLDER",
    "RECORDING",
    "Prometheus",
    "names_in",
    "program",
    "quickened",
    "rules_of",
    "scraping",
    "shown_names",
]

FOLDER: Final = Path(ops.prometheus.__file__).parent
ALERTS: Final = FOLDER / "rules" / "alerts.yml"
RECORDING: Final = FOLDER / "rules" / "recording.yml"


def program(name: str) -> str:
    """Where `prometheus` or `promtool` is; without it the test is skipped, or fails with C360_REQUIRE_PROMETHEUS=1."""
    found = shutil.which(name)
    if found is not None:
        return found
    why = f"{name} is not installed (Debian: apt-get install prometheus)"
    if os.environ.get("C360_REQUIRE_PROMETHEUS", "") not in ("", "0"):
        pytest.fail(f"C360_REQUIRE_PROMETHEUS is set, but {why}", pytrace=False)
    pytest.skip(why)


def rules_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rules of all groups of a file."""
    for group in yaml.safe_load(path.read_text())["groups"]:
        yield from group["rules"]


def shown_names() -> set[str]:
    """Every name of a sample that a process of c360 shows, or Prometheus itself of a target."""
    names = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"}
    for metric in CATALOGUE:
        suffixes = ("_bucket", "_count", "_sum") if metric.kind == "histogram" else ("",)
        names |= {metric.name + suffix for suffix in suffixes}
    return names


def names_in(expression: str) -> set[str]:
    """The metrics that an expression asks for."""
    without_text = re.sub(r'"[^"]*"', '""', expression)
    return set(re.findall(r"\b(?:c360[_:][a-z0-9_:]*|process_[a-z_]+|up)\b", without_text))


def quickened(rules: str) -> str:
    """The same rules for an impatient test: what has to stay so for minutes has to for a second, and every range of
    minutes or hours is fifteen seconds.
    """
    return re.sub(r"\[\d+[mh]\]", "[15s]", re.sub(r"for: \d+[smh]", "for: 1s", rules))


class Prometheus:
    """A real Prometheus, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return self.client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """`data` of the answer."""
        answer = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def values(self, expression: str) -> list[float]:
        """What an expression is now, of every series that has a value."""
        found = (float(series["value"][1]) for series in self.ask("query", query=expression)["result"])
        return [value for value in found if not math.isnan(value)]

    def firing(self, name: str) -> list[dict[str, str]]:
        """Labels of the alerts of this name that fire."""
        alerts = self.ask("alerts")["alerts"]
        found = (alert["labels"] for alert in alerts if alert["state"] == "firing")
        return [labels for labels in found if labels["alertname"] == name]

    def close(self) -> None:
        """Let go of the connection."""
        self.client.close()


@contextmanager
def scraping(ports: Mapping[str, int], folder: Path) -> Iterator[Prometheus]:
    """A real Prometheus with the shipped configuration and the rules, quickened; `ports` of the jobs."""
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    assert {job["job_name"] for job in config["scrape_configs"]} == ports.keys()
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{ports[job['job_name']]}"]}]
    (folder / "rules").mkdir()
    for rules in (ALERTS, RECORDING):
        (folder / "rules" / rules.name).write_text(quickened(rules.read_text()))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_ports(1)[0]}"
    command = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}"]
    command += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}", "--log.level=warn"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    prometheus = Prometheus(f"http://{address}")
    try:
        eventually(prometheus.is_ready, within=60)
        yield prometheus
    finally:
        prometheus.close()
        process.terminate()
        process.wait(60)

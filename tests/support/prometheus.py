"""Prometheus in tests: its programs where they are installed, and what the rules and dashboards ask for."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

import ops.prometheus
from ops.metrics_catalogue import CATALOGUE

__all__ = ["ALERTS", "FOLDER", "RECORDING", "names_in", "program", "rules_of", "shown_names"]

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

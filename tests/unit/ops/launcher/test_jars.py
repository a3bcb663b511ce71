"""Fetching Kafka's jars: whole or not at all, within a time, with progress shown."""

from pathlib import Path

import pytest

from ops.launcher.jars import fetch_jars, jars_folder, kafka_version, pom
from ops.launcher.service import Unavailable

FETCHES = """
for argument in "$@"; do case $argument in -DoutputDirectory=*) into=${argument#*=};; esac; done
echo "Downloaded from there"; touch "$into/kafka-clients-0.jar"
"""
FAILS = 'echo "[INFO] trying"; echo "[ERROR] Could not find artifact"; exit 1'
HANGS = "exec sleep 600"


def a_maven(folder: Path, script: str) -> Path:
    mvn = folder / "mvn"
    mvn.write_text(f"#!/bin/sh\n{script}\n")
    mvn.chmod(0o755)
    return mvn


def test_jars_are_fetched_once(tmp_path: Path) -> None:
    lines: list[str] = []
    cache = tmp_path / "cache"
    folder = fetch_jars(a_maven(tmp_path, FETCHES), cache, tmp_path / "logs", lines.append)
    assert folder == jars_folder(cache)
    assert [jar.name for jar in folder.iterdir()] == ["kafka-clients-0.jar"]
    assert lines == [f"Fetching Apache Kafka {kafka_version()} with Maven, once (about 50 MB) ..."]
    assert fetch_jars(None, cache, tmp_path / "logs", lines.append) == folder


def test_a_failure_names_mavens_error_and_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(Unavailable, match=r"Could not find artifact.*maven\.log"):
        fetch_jars(a_maven(tmp_path, FAILS), cache, tmp_path / "logs", print)
    assert list(cache.iterdir()) == []


def test_a_maven_that_hangs_is_ended_and_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(Unavailable, match="took too long"):
        fetch_jars(a_maven(tmp_path, HANGS), cache, tmp_path / "logs", print, seconds=0.1)
    assert list(cache.iterdir()) == []


def test_without_jars_and_without_maven_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no Maven to fetch them"):
        fetch_jars(None, tmp_path / "cache", tmp_path / "logs", print)


def test_the_pom_names_no_repository() -> None:
    text = pom().read_text()
    assert "<repositories>" not in text
    assert "<url>" not in text

"""The project's own files: the lock, the compose file, make."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.launcher.apache import Node, node_properties
from ops.launcher.jars import kafka_version

ROOT = Path(__file__).parents[2]


def test_the_lock_pins_every_package_with_hashes_and_names_no_registry() -> None:
    text = (ROOT / "requirements.lock").read_text()
    pins = re.split(r"\n(?=[A-Za-z0-9])", "\n".join(line for line in text.splitlines() if "#" not in line))
    packages = [pin for pin in pins if "==" in pin]
    assert len(packages) > 50
    assert all("--hash=sha256:" in pin for pin in packages)
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_what_the_project_imports_is_in_the_lock() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[=;<>\s[]", dependency)[0] for dependency in project["dependencies"]}
    assert named <= locked


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_compose_has_kafka_and_redis_with_health_checks_on_this_machine_only(compose: dict[str, Any]) -> None:
    assert compose["services"].keys() == {"kafka", "redis"}
    for service in compose["services"].values():
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["ports"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert {volume for service in compose["services"].values() for volume in service["volumes"]} == {
        "kafka:/var/lib/kafka/data",
        "redis:/data",
    }
    assert compose["volumes"].keys() == {"kafka", "redis"}


def test_composes_kafka_is_the_launchers_in_version_and_in_what_clients_notice(compose: dict[str, Any]) -> None:
    kafka = compose["services"]["kafka"]
    assert kafka["image"] == f"apache/kafka:{kafka_version()}"
    node = Node(1, 9092, 9093, Path("/data"))
    launched = node_properties(node, (node,))
    for name in (
        "auto.create.topics.enable",
        "message.max.bytes",
        "group.min.session.timeout.ms",
        "group.initial.rebalance.delay.ms",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
        "offsets.topic.num.partitions",
        "transaction.state.log.num.partitions",
    ):
        assert kafka["environment"]["KAFKA_" + name.upper().replace(".", "_")] == str(launched[name]), name


def test_every_listener_of_composes_kafka_is_advertised_and_mapped(compose: dict[str, Any]) -> None:
    environment = compose["services"]["kafka"]["environment"]

    def names(variable: str) -> set[str]:
        return {listener.partition(":")[0] for listener in environment[variable].split(",")}

    assert names("KAFKA_LISTENERS") == names("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP")
    assert names("KAFKA_ADVERTISED_LISTENERS") == names("KAFKA_LISTENERS") - {"CONTROLLER"}


def test_make_without_a_good_python_says_so_in_one_sentence(tmp_path: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make")
    for name in ("python3.11", "python3.12", "python3.13", "python3"):
        stub = tmp_path / name
        stub.write_text("#!/bin/sh\nexit 1\n")
        stub.chmod(0o755)
    done = subprocess.run(
        [make, "--no-print-directory", "setup", f"VENV={tmp_path / 'venv'}"],
        cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == (
        "c360 needs Python 3.11 or newer: none of python3.11 python3.12 python3.13 python3 on PATH is one; "
        "install it and run make again."
    )

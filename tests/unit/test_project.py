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
from ops.settings import unknown_variables
from tests.support.composed import DOCKERFILE, compose_file, image_settings

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
    return compose_file()


def test_compose_has_the_whole_stack_each_with_limits_and_a_health_check(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services.keys() == {
        "kafka", "redis", "topics", "worker", "projector", "api", "deliverer", "prometheus", "grafana"
    }  # fmt: skip
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert name == "topics" or service["healthcheck"]["test"][0] == "CMD", name
        assert name == "topics" or service["restart"] == "unless-stopped", name


def test_composes_ports_are_of_this_machine_only_and_workers_have_none_so_that_they_scale(
    compose: dict[str, Any],
) -> None:
    for name, service in compose["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert "container_name" not in service, name
    assert "ports" not in compose["services"]["worker"]


def test_composes_processes_run_as_nobody_in_particular_and_write_to_homes_of_their_own(
    compose: dict[str, Any],
) -> None:
    dockerfile = DOCKERFILE.read_text()
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == ["10001:10001"]
    home = image_settings()["C360_HOME"]
    for name in ("topics", "worker", "projector", "api", "deliverer"):
        service = compose["services"][name]
        assert (service["read_only"], service["cap_drop"], service["volumes"]) == (True, ["ALL"], [home]), name


def test_images_are_pinned_to_exact_versions(compose: dict[str, Any]) -> None:
    named = [service["image"] for service in compose["services"].values()]
    named += re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert [image for image in named if not re.search(r":v?\d+\.\d+\.\d+(-[\w-]+)?$", image)] == []


def test_composes_settings_are_settings_and_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    for name in ("topics", "worker", "projector", "api", "deliverer"):
        service = compose["services"][name]
        given = {**image_settings(), **service["environment"]}
        assert unknown_variables(given) == [], name
        used = {value.removeprefix("/run/secrets/") for value in given.values() if value.startswith("/run/secrets/")}
        # That of a channel is named by the delivery file, not by a setting.
        used |= {"channel-secret"} if name == "deliverer" else set()
        assert used == set(service["secrets"]), name
        assert used <= compose["secrets"].keys(), name
    for variable in ("C360_INDEX_KEY", "C360_KAFKA_PASSWORD", "C360_REDIS_PASSWORD"):
        assert not re.search(rf"{variable}\s*:", (ROOT / "docker-compose.yml").read_text())


def test_what_compose_mounts_of_the_checkout_is_what_prometheus_reads(compose: dict[str, Any]) -> None:
    config = yaml.safe_load((ROOT / "ops" / "prometheus" / "prometheus.yml").read_text())
    asked = {
        (names, looked["port"])
        for job in config["scrape_configs"]
        for looked in job["dns_sd_configs"]
        for names in looked["names"]
    }
    services = compose["services"]
    told = {
        (name, int(value))
        for name, service in services.items()
        for variable, value in service.get("environment", {}).items()
        if variable.endswith("_METRICS_PORT") or variable == "C360_API_PORT"
    }
    assert asked == told
    assert "./ops/prometheus:/etc/prometheus:ro" in services["prometheus"]["volumes"]


def test_a_parser_of_compose_files_takes_ours(tmp_path: Path) -> None:
    parser = shutil.which("docker-compose")
    if parser is None:
        lack = "there is no docker-compose (Debian: apt-get install docker-compose; it needs no engine for this)"
        if os.environ.get("C360_REQUIRE_COMPOSE"):
            pytest.fail(lack, pytrace=False)
        pytest.skip(lack)
    done = subprocess.run(
        [parser, "--file", ROOT / "docker-compose.yml", "config", "--services"],
        cwd=tmp_path, env={**os.environ, "SECRETS": str(tmp_path), "COMPOSE_PROFILES": "delivery"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "worker" in done.stdout.split()


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

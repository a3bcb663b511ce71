"""`c360 status` beside a worker."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops.launcher.ports import free_ports
from ops.settings import load_settings
from ops.status import look
from tests.support.builders import an_account, wire
from tests.support.system import WorkerProcess, empty_topics, ending, produce
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run


def status(kafka: str, redis_url: str, home: Path, group: str, metrics_port: str = "0") -> dict[str, Any]:
    known = {"KAFKA_BOOTSTRAP": kafka, "REDIS_URL": redis_url, "C360_HOME": str(home), "C360_CONSUMER_GROUP": group}
    known["C360_WORKER_METRICS_PORT"] = metrics_port
    done = run("status", "--json", **known)
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == int(not told["is_well"])
    return told


@pytest.mark.kafka
def test_workers_partitions_lag_and_rules_are_shown(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap)
    group, nowhere = f"{topic_prefix}worker", f"redis://127.0.0.1:{free_ports(1)[0]}"
    produce(kafka_bootstrap, [("account-changes", "C1", wire(an_account()))])
    before = status(kafka_bootstrap, nowhere, tmp_path, group)
    assert (before["workers"], before["lag"]["account-changes"], before["old"]) == ([], 1, None)
    assert before["rules"]["large-entry"] >= 0
    assert [trouble.startswith(f"Redis at {nowhere} can't be read") for trouble in before["troubles"]] == [True]
    worker = WorkerProcess(kafka_bootstrap, group, tmp_path, "worker")
    worker.environment["C360_LOG_FORMAT"] = "json"
    with ending(worker.start()):
        eventually(lambda: "Took over partitions [" in worker.log, within=60)

        (port,) = re.findall(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", worker.log)

        def caught_up() -> dict[str, Any] | None:
            found = status(kafka_bootstrap, nowhere, tmp_path, group, port)
            return found if found["lag"]["account-changes"] == 0 else None

        told = eventually(caught_up, within=60)
        assert told is not None
        assert [member["partitions"] for member in told["workers"]] == [[0, 1, 2, 3]]
        assert [member["rules"] for member in told["workers"]] == [told["rules"]]
        assert [member["state"] for member in told["workers"]] == ["running"]
        assert told["processes"] == {"worker": "running"}
        assert not told["is_well"]
        worker.signal(signal.SIGUSR1)
        eventually(lambda: "Log level is debug now" in worker.log, within=60)
        assert worker.stop() == 0
    assert all(json.loads(line)["event"] for line in worker.log.splitlines())


def test_processes_that_wait_tell_so_from_their_start_to_their_end(tmp_path: Path) -> None:
    kafka, redis, worker_port, projector_port = free_ports(4)
    settings = {
        "REDIS_URL": f"redis://127.0.0.1:{redis}",
        "C360_INDEX_KEY": "a secret of the tests",
        "C360_WORKER_METRICS_PORT": str(worker_port),
        "C360_PROJECTOR_METRICS_PORT": str(projector_port),
    }
    nowhere = f"127.0.0.1:{kafka}"
    processes = [
        WorkerProcess(nowhere, "nobody", tmp_path, name, settings, ("ops", name)) for name in ("worker", "projector")
    ]
    waiting = {"worker": "waiting", "projector": "waiting"}

    def told() -> dict[str, str]:
        here = load_settings(home=tmp_path, kafka_bootstrap=nowhere, redis_url=settings["REDIS_URL"], **ports)
        return dict(look(here, 0).processes)

    ports = {"worker_metrics_port": worker_port, "projector_metrics_port": projector_port}
    with ending(*(process.start() for process in processes)):
        eventually(lambda: told() == waiting, within=60)
        health = ["-m", "ops.healthcheck", f"http://127.0.0.1:{worker_port}/metrics"]
        assert subprocess.run([sys.executable, *health], check=False).returncode == 0
    assert told() == {name: f"no answer at port {port}" for name, port in zip(waiting, ports.values(), strict=True)}


def test_what_does_not_answer_is_named_and_the_rest_is_shown(running: Any, tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    told = status(nowhere, running.redis_url, tmp_path, "nobody")
    assert [trouble.startswith(f"Kafka at {nowhere} does not answer") for trouble in told["troubles"]] == [True]
    assert (told["workers"], told["rules"]) == (None, None)
    assert told["old"] is not None

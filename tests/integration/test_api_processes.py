"""`c360 api --workers`: several processes behind one port, on a real broker and a real Redis."""

import os
import re
import signal
from pathlib import Path

import httpx
import pytest
import yaml

from connectors.serving.audit_reading import read_audit
from connectors.serving.tokens.machines import new_key
from ops.launcher import Running
from ops.launcher.ports import free_ports, is_free
from ops.launcher.runfile import started
from tests.support.system import WorkerProcess, empty_topics, ending
from tests.support.waiting import eventually

KEY, HASH = new_key()
NUMBER = "ONLY-HERE"
UNKNOWN = "urn:c360:problem:unknown-customer"


class Served:
    """Two API processes."""

    def __init__(self, running: Running, folder: Path, **settings: str) -> None:
        machines = folder / "machines.yaml"
        listed = [{"name": "calls", "role": "call_centre", "key_sha256": HASH, "requests_per_second": 1000}]
        machines.write_text(yaml.safe_dump({"machines": listed}))
        self.port = free_ports(1)[0]
        environment = {
            "C360_REDIS_URL": running.redis_url,
            "C360_INDEX_KEY": "the tests' own secret",
            "C360_API_PORT": str(self.port),
            "C360_MACHINES_FILE": str(machines),
            **settings,
        }
        command = ("ops", "api", "--workers", "2")
        self.process = WorkerProcess(running.kafka_bootstrap, "unused", folder, "api", environment, command).start()

    def ask(self, path: str) -> httpx.Response:
        """On a connection of its own."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers={"X-API-Key": KEY}, timeout=60)

    def look(self) -> None:
        """At a customer who is not there, and whom no other test asks for."""
        assert self.ask(f"/v1/customers/{NUMBER}").json()["type"] == UNKNOWN

    def started(self) -> list[tuple[int, int, str]]:
        """Number, process id and address of the metrics of each process that was started, in that order."""
        told = re.findall(r"API process (\d) is pid (\d+); its metrics: (\S+)", self.process.log)
        return [(int(number), int(pid), url) for number, pid, url in told]

    def addresses(self) -> dict[int, str]:
        """Number -> where the metrics of the process that has it are now."""
        return {number: url for number, _, url in self.started()}


def looks(url: str) -> float:
    """How many looks a process has counted."""
    told = httpx.get(url, timeout=60).text
    return sum(map(float, re.findall(r"^c360_api_looks_total\{.*\} (\S+)$", told, re.MULTILINE)))


@pytest.fixture(scope="module")
def topics(running: Running) -> Running:
    empty_topics(running.kafka_bootstrap, seeded=False)
    return running


def test_each_serves_and_counts_and_one_that_crashes_is_started_again_unnoticed(
    topics: Running, tmp_path: Path
) -> None:
    served = Served(topics, tmp_path)
    asked = 0

    def look_and_see() -> bool:
        """Whether both have counted a look."""
        nonlocal asked
        served.look()
        asked += 1
        return all(looks(url) for url in served.addresses().values())

    with ending(served.process):
        eventually(lambda: len(served.started()) == 2, within=60)
        eventually(look_and_see)
        assert served.ask("/metrics").json()["type"] == "urn:c360:problem:metrics-elsewhere"
        number, pid, _ = served.started()[0]
        os.kill(pid, signal.SIGKILL)
        for _ in range(10):
            served.look()
            asked += 1
        eventually(lambda: f"API process {number} ended (killed by SIGKILL)" in served.process.log, within=60)
        eventually(lambda: len(served.started()) == 3, within=60)
        eventually(look_and_see)
        assert served.process.stop() == 0
    assert is_free(served.port)
    # Each writes by a producer of its own; nothing that was answered is missing.
    assert sum(look.customers == [NUMBER] for look in read_audit(topics.kafka_bootstrap)) == asked


def test_they_end_with_the_process_that_started_them_however_it_ends(topics: Running, tmp_path: Path) -> None:
    served = Served(topics, tmp_path)
    with ending(served.process):
        eventually(lambda: len(served.started()) == 2, within=60)
        served.look()
        pids = [pid for _, pid, _ in served.started()]
        served.process.kill()
        eventually(lambda: not any(map(started, pids)), within=60)
        assert is_free(served.port)


def test_what_an_operator_has_to_put_right_ends_all_with_its_sentence(topics: Running, tmp_path: Path) -> None:
    # An address that no machine has.
    served = Served(topics, tmp_path, C360_METRICS_HOST="192.0.2.1")
    with ending(served.process):
        assert served.process.wait() == 2
    assert "/metrics can't be served on 192.0.2.1" in served.process.log
    assert "all are stopped" in served.process.log
    assert is_free(served.port)

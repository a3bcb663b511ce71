"""`c360 reference` on a real broker."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.system import WorkerProcess, committed_records, empty_topics, ending
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

BANK = """\
branches: [{id: B1, name: Olomouc, head: M1}]
managers: [{id: M1, name: Ada, branch: B1}, {id: M2, name: Bob}]
"""


def c360(bootstrap: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run("reference", *arguments, KAFKA_BOOTSTRAP=bootstrap)


def test_reference_data_is_loaded_whole_shown_and_taken_away(kafka_bootstrap: str, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap)
    file = tmp_path / "bank.yaml"
    file.write_text(BANK)
    assert "is empty" in c360(kafka_bootstrap, "show").stdout
    assert c360(kafka_bootstrap, "load", str(file)).stdout.splitlines() == [
        "put branch/B1",
        "put manager/M1",
        "put manager/M2",
        "3 put, 0 removed, 0 unchanged",
    ]
    assert c360(kafka_bootstrap, "load", str(file)).stdout == "0 put, 0 removed, 3 unchanged\n"
    file.write_text(BANK.replace(", {id: M2, name: Bob}", "").replace("Olomouc", "Brno"))
    done = c360(kafka_bootstrap, "load", str(file))
    assert done.stdout == "put branch/B1\nremoved manager/M2\n1 put, 1 removed, 1 unchanged\n"
    assert yaml.safe_load(c360(kafka_bootstrap, "show").stdout) == yaml.safe_load(file.read_text())
    assert len(committed_records(kafka_bootstrap, ["reference-data"])) == 5


@pytest.mark.kafka
def test_a_worker_follows_reference_data_while_it_runs(kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap)
    file = tmp_path / "bank.yaml"
    file.write_text(BANK)
    worker = WorkerProcess(kafka_bootstrap, f"{topic_prefix}worker", tmp_path, "worker").start()
    with ending(worker):
        eventually(lambda: "Took over partitions [" in worker.log, within=60)
        c360(kafka_bootstrap, "load", str(file))
        eventually(lambda: "Reference data in force: 3 entries" in worker.log, within=60)
        assert worker.stop() == 0

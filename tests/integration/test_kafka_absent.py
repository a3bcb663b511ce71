"""Where no Kafka answers: one sentence and exit code 2, from every command that needs it."""

import os
import subprocess
import sys

from ops.launcher.ports import free_ports
from tests.support.sources import SHIPPED

COMMANDS = (
    ("ingest", "--mapping", "berka", str(SHIPPED)),
    ("topics", "create"),
    ("topics", "list"),
    ("clock", "tick", "--at", "2026-11-23T00:00:00Z"),
)


def test_each_command_says_in_one_sentence_that_kafka_does_not_answer() -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "ops", *command],
            env={**os.environ, "KAFKA_BOOTSTRAP": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in COMMANDS
    ]
    for child in children:
        said, complaint = child.communicate(timeout=60)
        assert child.returncode == 2, complaint
        assert said == ""
        assert complaint.startswith(f"Kafka at {address} does not answer (")
        assert len(complaint.splitlines()) == 1

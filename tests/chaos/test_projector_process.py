"""The projector as a process, killed and cut off: Redis ends equal to the newest of each key."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from ops.launcher import Launcher, Running
from ops.settings import load_settings
from schemas.topics import CUSTOMER_VIEWS
from tests.support.projection import KEYS, ViewsTopic, views_in
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

CUSTOMERS = 500


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    """A Kafka and a Redis of the test's own, to be killed."""
    settings = load_settings()
    if settings.kafka_bootstrap is not None or settings.redis_url is not None:
        pytest.skip("KAFKA_BOOTSTRAP or REDIS_URL is set: what others run can't be killed")
    launcher = Launcher(settings, home=tmp_path)
    yield launcher
    launcher.stop()


@contextmanager
def _projector(running: Running, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", "from ops.cli import main; main()", "projector"]
    found = {"KAFKA_BOOTSTRAP": running.kafka_bootstrap, "REDIS_URL": running.redis_url}
    with log.open("ab") as said, subprocess.Popen(command, env=os.environ | found, stderr=said) as process:
        try:
            yield process
        finally:
            process.kill()


def _write(topic: ViewsTopic, rounds: range) -> None:
    for number in rounds:
        for customer in range(CUSTOMERS):
            value = b'{"n":%d}' % number
            topic.flush(f"B{customer}", {"account:1": value, f"loan:{number % 7}": value, "summary": value})
        topic.settle()


def _read_so_far(client: "redis.Redis") -> int:
    noted: Any = client.hgetall(KEYS.resume)
    return sum(int(offset) for field, offset in noted.items() if field.isdigit())


def _state(client: "redis.Redis") -> str:
    found = client.hget(KEYS.projector, "state")
    return found.decode() if isinstance(found, bytes) else ""


def test_killed_three_times_in_mid_reading(launcher: Launcher, tmp_path: Path) -> None:
    running = launcher.start()
    topic = ViewsTopic(running.kafka_bootstrap, CUSTOMER_VIEWS).create()
    client = redis.Redis.from_url(running.redis_url)
    _write(topic, range(100))
    everything = 100 * CUSTOMERS * 3
    # Early, since it reads on while it is being killed.
    for tenths in (1, 2, 3):
        with _projector(running, tmp_path / "projector.log") as process:
            reached = tenths * everything / 10
            eventually(lambda reached=reached: _read_so_far(client) > reached, within=60)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert _read_so_far(client) < everything
    with _projector(running, tmp_path / "projector.log") as process:
        eventually(lambda: views_in(client) == topic.views(), within=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert _state(client) == "stopped"


def test_cut_off_from_kafka_it_says_so_and_goes_on_where_it_was(launcher: Launcher, tmp_path: Path) -> None:
    running = launcher.start()
    if not running.capabilities.transactions:
        pytest.skip("the embedded broker keeps nothing over a restart")
    topic = ViewsTopic(running.kafka_bootstrap, CUSTOMER_VIEWS).create()
    client = redis.Redis.from_url(running.redis_url)
    _write(topic, range(1))
    with _projector(running, tmp_path / "projector.log"):
        eventually(lambda: views_in(client) == topic.views(), within=60)
        launcher.kill_kafka()
        eventually(lambda: _state(client).startswith("kafka: "), within=60)
        launcher.start_kafka()
        _write(topic, range(1, 3))
        eventually(lambda: views_in(client) == topic.views(), within=60)
        eventually(lambda: _state(client) == "running", within=60)
    said = (tmp_path / "projector.log").read_text()
    assert re.search("kafka at .* is not available", said)
    assert "Traceback" not in said

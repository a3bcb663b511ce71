"""The worker on real Kafka: killed, frozen and woken, it ends in the oracle's views and alerts, none twice."""

import signal
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas.topics import INPUT_TOPICS
from tests.support import builders
from tests.support.outcome import views_on
from tests.support.replay import Brake, a_replay, assert_as_the_oracle_says, share_folded, wait_until_folded
from tests.support.system import (
    WorkerProcess,
    committed_records,
    empty_topics,
    ending,
    group_positions,
    input_ends,
    produce,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
def bootstrap(kafka_bootstrap: str) -> str:
    """The session's Kafka, with a replay that nobody has begun to fold."""
    a_replay(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture
def brake(tmp_path: Path) -> Brake:
    """Workers slow enough to be met in mid-replay."""
    return Brake(tmp_path)


def test_a_worker_killed_three_times_in_mid_replay_ends_as_if_nothing_happened(
    bootstrap: str, topic_prefix: str, brake: Brake
) -> None:
    group = f"{topic_prefix}worker"
    worker = brake.worker(bootstrap, group, "worker").start()
    with ending(worker):
        for share in (0.01, 0.02, 0.03):
            wait_until_folded(bootstrap, group, share)
            worker.kill()
            worker.start()
        assert share_folded(bootstrap, group) < 1, "the replay was over before it could be killed"
        brake.release()
        wait_until_folded(bootstrap, group, 1.0)
        assert worker.stop() == 0
    assert_as_the_oracle_says(bootstrap)


def test_a_frozen_worker_that_wakes_after_its_partitions_moved_commits_nothing(
    bootstrap: str, topic_prefix: str, tmp_path: Path, brake: Brake
) -> None:
    group = f"{topic_prefix}worker"
    frozen = brake.worker(bootstrap, group, "frozen").start()
    heir = WorkerProcess(bootstrap, group, tmp_path, "heir")
    with ending(frozen, heir):
        wait_until_folded(bootstrap, group, 0.01)
        frozen.signal(signal.SIGSTOP)
        assert share_folded(bootstrap, group) < 1, "the replay was over before it could be frozen"
        heir.start()
        wait_until_folded(bootstrap, group, 1.0)
        frozen.signal(signal.SIGCONT)
        eventually(lambda: "refused by the broker" in frozen.log or not frozen.is_running, within=60)
        assert heir.is_running
    assert_as_the_oracle_says(bootstrap)


def test_every_input_topic_has_a_committed_position_in_every_partition(
    bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    group = f"{topic_prefix}worker"
    worker = WorkerProcess(bootstrap, group, tmp_path, "worker").start()
    with ending(worker):
        wait_until_folded(bootstrap, group, 1.0)
    assert group_positions(bootstrap, group) == input_ends(bootstrap)
    assert {topic for topic, _ in group_positions(bootstrap, group)} == set(INPUT_TOPICS)


def test_what_a_source_aborted_is_not_folded_and_holds_nothing_back(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, partitions=1)
    settings = {"bootstrap.servers": kafka_bootstrap, "transactional.id": topic_prefix, "log_level": 0}
    source = Producer(settings)
    source.init_transactions(10)
    source.begin_transaction()
    source.produce("account-changes", builders.wire(builders.an_entry(source_seq=1)), b"C1")
    assert source.flush(10) == 0
    source.abort_transaction(10)
    # The abort marker is the end of its topic: the others must not wait for a record behind it.
    produce(kafka_bootstrap, [("complaint-events", "C1", builders.wire(builders.a_complaint()))])
    group = f"{topic_prefix}worker"
    worker = WorkerProcess(kafka_bootstrap, group, tmp_path, "worker").start()
    with ending(worker):
        eventually(lambda: group_positions(kafka_bootstrap, group)["complaint-events", 0] == 1, within=60)
        assert worker.stop() == 0
    assert views_on(kafka_bootstrap)["C1"].keys() >= {"complaint:K1", "summary"}
    assert "account:A1" not in views_on(kafka_bootstrap)["C1"]


def test_time_alone_raises_an_alert_once_though_a_frozen_worker_wakes_and_raises_it_too(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, partitions=1)
    opened = builders.an_account(maturity_on="2020-08-01", occurred_at="2020-03-02T12:00:00Z")
    produce(kafka_bootstrap, [("account-changes", "C1", builders.wire(opened))])
    clock = tmp_path / "clock"
    clock.write_text("2020-03-02T13:00:00+00:00")
    group, odd = f"{topic_prefix}worker", ("tests.support.odd_worker", "at", str(clock))
    frozen, heir = (
        WorkerProcess(kafka_bootstrap, group, tmp_path, name, {"C360_CLOCK": "wall"}, odd)
        for name in ("frozen", "heir")
    )
    with ending(frozen, heir):
        frozen.start()
        wait_until_folded(kafka_bootstrap, group, 1.0)
        frozen.signal(signal.SIGSTOP)
        heir.start()
        eventually(lambda: "Took over partitions [0]" in heir.log, within=60)
        (tmp_path / "later").write_text("2020-07-20T00:00:00+00:00")
        (tmp_path / "later").rename(clock)
        eventually(lambda: len(committed_records(kafka_bootstrap, ["alerts.maturity"])) == 1, within=60)
        frozen.signal(signal.SIGCONT)
        # Its transaction is of timers only; it is refused, unless the group tells it first that it is out.
        eventually(lambda: "refused by the broker" in frozen.log or "Gave up" in frozen.log, within=60)
        assert heir.stop() == 0
        assert frozen.stop() == 0
    assert len(committed_records(kafka_bootstrap, ["alerts.maturity"])) == 1

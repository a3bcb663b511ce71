"""The store on disk and warm copies beside real Kafka: what a worker reads back, and what it ends in."""

import re
from pathlib import Path

import pytest

from schemas.topics import CUSTOMER_VIEWS
from tests.support.replay import Brake, a_replay, assert_as_the_oracle_says, share_folded, wait_until_folded
from tests.support.system import WorkerProcess, committed_records, ending
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka


def read_back(worker: WorkerProcess, take_over: int) -> int:
    """How many changelog records its take-over of this number read, once it has happened."""
    pattern = re.compile(r"Took over partitions \[0, 1, 2, 3\] .*\((\d+) changelog records\)")
    return int(eventually(lambda: pattern.findall(worker.log)[take_over:], within=60)[0])


def test_a_worker_with_its_views_on_disk_reads_back_only_what_is_new(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    a_replay(kafka_bootstrap)
    group, brake = f"{topic_prefix}worker", Brake(tmp_path)
    worker = brake.worker(kafka_bootstrap, group, "worker")
    worker.environment["C360_STORE"] = "rocksdb"
    with ending(worker):
        worker.start()
        wait_until_folded(kafka_bootstrap, group, 0.05)
        assert worker.stop() == 0
        worker.start()
        assert read_back(worker, 1) == 0
        wait_until_folded(kafka_bootstrap, group, 0.07)
        worker.kill()
        worker.start()
        # RocksDB's memory was not on disk yet, and the changelog has it.
        assert read_back(worker, 2) > 0
        assert share_folded(kafka_bootstrap, group) < 1, "the replay was over before it could be killed"
        brake.release()
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert worker.stop() == 0
    assert_as_the_oracle_says(kafka_bootstrap)
    assert "Traceback" not in worker.log


def test_a_warm_copy_is_promoted_by_reading_the_tail_alone(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    a_replay(kafka_bootstrap)
    group, brake = f"{topic_prefix}worker", Brake(tmp_path)
    first, second = (brake.worker(kafka_bootstrap, group, name) for name in ("first", "second"))
    for worker in (first, second):
        worker.environment["C360_STANDBY_REPLICAS"] = "1"
    with ending(first, second):
        first.start()
        wait_until_folded(kafka_bootstrap, group, 0.03)
        second.start()
        eventually(lambda: "Keeps warm copies of partitions" in second.log, within=60)
        wait_until_folded(kafka_bootstrap, group, share_folded(kafka_bootstrap, group) + 0.02)
        first.kill()
        read = read_back(second, 0)
        written = len(committed_records(kafka_bootstrap, [CUSTOMER_VIEWS]))
        assert share_folded(kafka_bootstrap, group) < 1, "the replay was over before the worker could be killed"
        assert read < written / 3, f"{read} of {written} records were read again"
        brake.release()
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert second.stop() == 0
    assert_as_the_oracle_says(kafka_bootstrap)
    assert "Traceback" not in first.log + second.log

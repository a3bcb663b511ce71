"""A disk that is full, under a running worker; slow, since RocksDB writes nothing out before it has a lot."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.support import builders
from tests.support.outcome import expected_of, views_on
from tests.support.replay import wait_until_folded
from tests.support.system import WorkerProcess, empty_topics, ending, produce

pytestmark = pytest.mark.kafka


def complaints(first: int, count: int) -> Iterator[tuple[str, str, bytes]]:
    """Complaints of as many customers, of 16 KB each, which no compression makes smaller."""
    random = Random(first)
    for number in range(first, first + count):
        content = "".join(chr(0x20000 + random.randrange(40_000)) for _ in range(4_000))
        event = builders.a_complaint(customer_id=f"C{number}", complaint_id=f"K{number}", content=content)
        yield builders.topic_of(event), event.customer_id, builders.wire(event)


def test_a_disk_that_fills_up_stops_a_running_worker_in_words_and_what_was_committed_stays(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, partitions=1)
    group, settings = f"{topic_prefix}worker", {"C360_CLOCK": "wall", "C360_RECORDS_PER_FLUSH": "50"}
    cramped = ("tests.support.odd_worker", "cramped", "1000000")
    worker = WorkerProcess(
        kafka_bootstrap, group, tmp_path, "worker", {**settings, "C360_STORE": "rocksdb"}, cramped
    ).start()
    # More than RocksDB keeps in memory; it meets the full disk when it writes that out, and is asked again and again.
    produced = 1_100
    produce(kafka_bootstrap, complaints(0, produced))
    with ending(worker):
        while worker.is_running:
            assert produced < 20_000, worker.log
            produce(kafka_bootstrap, complaints(produced, 1))
            produced += 1
        assert worker.wait() == 70
    last = worker.log.splitlines()[-1]
    assert "Worker stopped: the store at" in last
    assert "A full disk: make room" in last
    assert "Traceback" not in worker.log
    # As the sentence says: in memory it goes on, and nothing is missing.
    again = WorkerProcess(kafka_bootstrap, group, tmp_path, "again", {**settings, "C360_STORE": "memory"}).start()
    with ending(again):
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert again.stop() == 0
    assert len(views_on(kafka_bootstrap)) == produced
    assert views_on(kafka_bootstrap) == expected_of(kafka_bootstrap).views

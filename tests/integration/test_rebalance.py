"""Workers that come, leave, die and are restarted in turn under load: the oracle's views, no alert twice."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.sources.publishing import create_producer
from tests.support.replay import Brake, a_history, a_replay, assert_as_the_oracle_says, share_folded, wait_until_folded
from tests.support.system import WorkerProcess, empty_topics, ending
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


def take_overs(worker: WorkerProcess) -> int:
    """How often it has taken partitions over."""
    return worker.log.count("Took over partitions [")


def await_take_over(worker: WorkerProcess, before: int = 0) -> None:
    """Wait until it has taken partitions over once more."""
    eventually(lambda: take_overs(worker) > before, within=60)


@contextmanager
def once_more(worker: WorkerProcess) -> Iterator[None]:
    """Wait until it has taken partitions over because of what is done within; counted before, for it may be quick."""
    before = take_overs(worker)
    yield
    await_take_over(worker, before)


def fold_some(bootstrap: str, group: str) -> None:
    """Let the workers fold some more."""
    wait_until_folded(bootstrap, group, share_folded(bootstrap, group) + 0.01)


def finish(bootstrap: str, group: str, brake: Brake, workers: Sequence[WorkerProcess]) -> None:
    """At full speed to the end; then all stop in good order."""
    assert share_folded(bootstrap, group) < 1, "the replay was over before it could be disturbed"
    brake.release()
    wait_until_folded(bootstrap, group, 1.0)
    assert [worker.stop() for worker in workers] == [0] * len(workers)
    assert_as_the_oracle_says(bootstrap)
    for worker in workers:
        assert "Traceback" not in worker.log
        assert "livelock" not in worker.log


def test_a_second_worker_joins_dies_and_comes_back_and_the_first_one_leaves(
    bootstrap: str, topic_prefix: str, brake: Brake
) -> None:
    group = f"{topic_prefix}worker"
    first, second = (brake.worker(bootstrap, group, name) for name in ("first", "second"))
    with ending(first, second):
        first.start()
        fold_some(bootstrap, group)
        second.start()
        await_take_over(second)
        fold_some(bootstrap, group)
        with once_more(first):
            second.kill()
        fold_some(bootstrap, group)
        with once_more(second):
            second.start()
        with once_more(second):
            assert first.stop() == 0
        finish(bootstrap, group, brake, [second])


def test_three_workers_are_restarted_one_after_the_other(bootstrap: str, topic_prefix: str, brake: Brake) -> None:
    group = f"{topic_prefix}worker"
    workers = [brake.worker(bootstrap, group, name) for name in ("first", "second", "third")]
    with ending(*workers):
        for worker in workers:
            worker.start()
        for worker in workers:
            await_take_over(worker)
        for worker in workers:
            fold_some(bootstrap, group)
            with once_more(worker):
                assert worker.stop() == 0
                worker.start()
        finish(bootstrap, group, brake, workers)


def trickle(bootstrap: str, told: threading.Event) -> None:
    """The accounts' part of the history, a record every few milliseconds, until told to go on without a pause."""
    producer = create_producer(bootstrap)
    for topic, key, value in a_history():
        if topic == "account-changes":
            producer.produce(topic, value, key)
            producer.poll(0 if told.is_set() else 0.005)
    assert producer.flush(30) == 0


def test_what_comes_while_workers_wait_for_input_and_partitions_move_is_all_folded(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    # A fetch that finds nothing waits on through a rebalance, and what it then finds must not be lost.
    empty_topics(kafka_bootstrap)
    group = f"{topic_prefix}worker"
    first, second, third = (WorkerProcess(kafka_bootstrap, group, tmp_path, name) for name in ("one", "two", "three"))
    told = threading.Event()
    source = threading.Thread(target=trickle, args=(kafka_bootstrap, told))
    with ending(first, second, third):
        first.start()
        await_take_over(first)
        second.start()
        source.start()
        await_take_over(second)
        third.start()
        await_take_over(third)
        told.set()
        source.join()
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert [worker.stop() for worker in (first, second, third)] == [0, 0, 0]
    assert_as_the_oracle_says(kafka_bootstrap)

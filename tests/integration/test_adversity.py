"""The worker on real Kafka when the world misbehaves: poison, too much of it, a broker that goes and comes back."""

import signal
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from connectors.sources.publishing import create_producer
from ops.topics import write_ticks
from schemas.aside import SetAside
from schemas.events import Event
from schemas.topics import CUSTOMER_VIEWS, DEAD_LETTERS
from tests.support import builders
from tests.support.garbage import KINDS, garbage
from tests.support.outcome import alerts_on, expected_of, views_on
from tests.support.replay import BEGIN, DAYS, a_history, a_replay, assert_as_the_oracle_says, wait_until_folded
from tests.support.system import WorkerProcess, committed_records, empty_topics, ending, produce
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka


def test_too_many_dead_letters_in_a_row_stop_the_worker_with_a_sentence(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap)
    produce(kafka_bootstrap, [("account-changes", "C1", b"{garbage %d" % number) for number in range(50)])
    worker = WorkerProcess(
        kafka_bootstrap, f"{topic_prefix}worker", tmp_path, "worker", {"C360_DEAD_LETTER_LIMIT": "10"}
    ).start()
    with ending(worker):
        assert worker.wait(120) == 70
    assert "10 records in a row of partition" in worker.log
    assert "Traceback" not in worker.log


def test_a_worker_waits_for_a_broker_that_does_not_answer_and_says_so(tmp_path: Path) -> None:
    worker = WorkerProcess("127.0.0.1:1", "waiting", tmp_path, "worker").start()
    with ending(worker):
        eventually(lambda: "Kafka at 127.0.0.1:1 does not answer" in worker.log, within=60)
        assert worker.is_running
    assert "Traceback" not in worker.log


def test_a_thousand_bad_records_and_one_set_aside_between_good_ones_are_all_kept_with_reasons(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, partitions=1)
    bad = list(some_garbage(1_000))
    good = list(a_history())
    produce_mixed(kafka_bootstrap, good, bad)
    write_ticks(kafka_bootstrap, BEGIN + timedelta(days=DAYS))
    group = f"{topic_prefix}worker"
    aside = {"C360_SET_ASIDE": "clock/0/0,clock/0/1"}
    worker = WorkerProcess(kafka_bootstrap, group, tmp_path, "worker", aside).start()
    with ending(worker):
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert worker.stop() == 0
    letters = [SetAside.model_validate_json(m.value()) for m in committed_records(kafka_bootstrap, [DEAD_LETTERS])]
    assert len(letters) == 1_001
    assert len({(letter.topic, letter.partition, letter.offset) for letter in letters}) == 1_001
    assert [letter.topic for letter in letters if letter.reason == "set_aside"] == ["clock"]
    assert all(letter.reason and letter.error for letter in letters)
    assert progress_counts(kafka_bootstrap) == {"folded": len(good), "late": 0, "dead": 1_001}


def test_a_refused_record_of_megabytes_is_kept_but_for_such_a_key(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, partitions=1)
    huge = b'{"type": "' + b"x" * 3_700_000
    producer = create_producer(kafka_bootstrap, **{"message.max.bytes": 4_000_000})
    producer.produce("account-changes", huge, b"C1")
    producer.produce("account-changes", b"{", huge)
    producer.produce("account-changes", builders.wire(builders.an_entry(customer_id="C1")), b"C1")
    assert producer.flush(30) == 0
    group = f"{topic_prefix}worker"
    worker = WorkerProcess(kafka_bootstrap, group, tmp_path, "worker").start()
    with ending(worker):
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert worker.stop() == 0
    letters = [SetAside.model_validate_json(m.value()) for m in committed_records(kafka_bootstrap, [DEAD_LETTERS])]
    assert [b64decode(letter.value_base64 or "") for letter in letters] == [huge, b"{"]
    assert "too large to be copied" in letters[1].error
    assert progress_counts(kafka_bootstrap) == {"folded": 1, "late": 0, "dead": 2}


def some_garbage(count: int) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """(topic, key, value) of bad records of every kind."""
    random = Random(20)
    events: list[Event] = [builders.an_entry(), builders.a_drawdown(), builders.a_complaint(), builders.a_customer()]
    for number in range(count):
        event = events[number % len(events)]
        key, value = garbage(random, event, KINDS[number % len(KINDS)])
        yield builders.topic_of(event), key, value


def produce_mixed(
    bootstrap: str, good: list[tuple[str, str, bytes]], bad: list[tuple[str, bytes | None, bytes | None]]
) -> None:
    """The bad ones spread between the good ones."""
    producer = create_producer(bootstrap)
    for number, (topic, key, value) in enumerate(good):
        producer.produce(topic, value, key)
        for bad_topic, bad_key, bad_value in bad[number * len(bad) // len(good) : (number + 1) * len(bad) // len(good)]:
            producer.produce(bad_topic, bad_value, bad_key, partition=0)
        producer.poll(0)
    assert producer.flush(30) == 0


def progress_counts(bootstrap: str) -> dict[str, int]:
    """The partitions' own exact counters, summed."""
    newest = {m.key(): m.value() for m in committed_records(bootstrap, [CUSTOMER_VIEWS]) if m.key().startswith(b"$")}
    counts = [orjson.loads(value)["counts"] for value in newest.values()]
    return {name: sum(count[name] for count in counts) for name in ("folded", "late", "dead")}


def test_aborted_transactions_are_taken_back_and_done_again(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    a_replay(kafka_bootstrap)
    group = f"{topic_prefix}worker"
    command = ("tests.support.odd_worker", "aborting")
    worker = WorkerProcess(
        kafka_bootstrap, group, tmp_path, "worker", {"C360_RECORDS_PER_FLUSH": "20"}, command
    ).start()
    with ending(worker):
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert worker.stop() == 0
    assert worker.log.count("Transaction aborted") > 10
    assert_as_the_oracle_says(kafka_bootstrap)


@pytest.mark.parametrize(
    ("oddity", "last_words"),
    [(("unsure", "30"), "a test lost the answer"), (("stuck", "30"), "Kafka has not answered for")],
)
def test_a_worker_that_can_not_know_what_became_of_a_transaction_leaves_and_the_next_one_knows(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, oddity: tuple[str, ...], last_words: str
) -> None:
    a_replay(kafka_bootstrap)
    group, settings = f"{topic_prefix}worker", {"C360_RECORDS_PER_FLUSH": "20"}
    odd = ("tests.support.odd_worker", *oddity)
    unsure = WorkerProcess(kafka_bootstrap, group, tmp_path, "unsure", settings, odd).start()
    heir = WorkerProcess(kafka_bootstrap, group, tmp_path, "heir")
    with ending(unsure, heir):
        assert unsure.wait(120) == 70
        assert last_words in unsure.log
        heir.start()
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert heir.stop() == 0
    assert_as_the_oracle_says(kafka_bootstrap)


@pytest.mark.parametrize("stage", ["alerts", "sections"])
def test_without_transactions_a_crash_between_the_acknowledged_stages_loses_nothing_and_views_count_nothing_twice(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, stage: str
) -> None:
    a_replay(kafka_bootstrap)
    group, settings = f"{topic_prefix}worker", {"C360_RECORDS_PER_FLUSH": "500", "C360_TRANSACTIONS": "off"}
    odd = ("tests.support.odd_worker", "dying", stage, "3")
    dying = WorkerProcess(kafka_bootstrap, group, tmp_path, "dying", settings, odd).start()
    heir = WorkerProcess(kafka_bootstrap, group, tmp_path, "heir", settings)
    with ending(dying, heir):
        assert dying.wait(120) == -signal.SIGKILL
        heir.start()
        wait_until_folded(kafka_bootstrap, group, 1.0)
        assert heir.stop() == 0
    wanted = expected_of(kafka_bootstrap)
    assert views_on(kafka_bootstrap) == wanted.views
    # Published twice are at most the alerts of the flush that was done again, with the same id and revision.
    published = alerts_on(kafka_bootstrap)
    assert {key: without_repetitions(alerts) for key, alerts in published.items()} == wanted.alerts


def without_repetitions(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each id and revision where it stands first."""
    return list({(alert["alert_id"], alert["revision"]): alert for alert in reversed(alerts)}.values())[::-1]

"""`c360 ingest`, `c360 topics` and `c360 clock` on a real broker."""

import subprocess
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from ops.errors import OperatorError
from ops.topics import create_topics, list_topics, topic_ids, write_ticks
from schemas.clock import ClockTicked
from schemas.topics import INPUT_TOPICS, TOPICS, Topic
from tests.support.sources import BERKA, COMPLAINTS, SHIPPED, file_rows, read, write
from tests.support.system import committed_records, empty_topics
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

pytestmark = pytest.mark.kafka

SOURCES = [name for name in INPUT_TOPICS if name != "clock"]
BOTH = ("--mapping", "berka", "--mapping", "cfpb")


def c360(bootstrap: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run(*arguments, KAFKA_BOOTSTRAP=bootstrap, COLUMNS="200")


def by_partition(bootstrap: str) -> dict[tuple[str, int], list[Any]]:
    """Every record of the sources' topics, in the order of its partition."""
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for message in committed_records(bootstrap, SOURCES):
        found[message.topic(), message.partition()].append(message)
    return found


def test_ingesting_twice_publishes_the_same_records_in_the_same_order(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap)
    expected = read(SHIPPED, "berka", "cfpb").events
    for _ in range(2):
        done = c360(kafka_bootstrap, "ingest", *BOTH, str(SHIPPED))
        assert done.returncode == 0, done.stderr
        assert f"{len(expected):,} events in" in done.stdout.splitlines()[-1]
    found = by_partition(kafka_bootstrap)
    assert sum(map(len, found.values())) == 2 * len(expected)
    for messages in found.values():
        half = len(messages) // 2
        records = [(message.key(), message.value()) for message in messages]
        assert records[:half] == records[half:]
    once = {m.value() for messages in found.values() for m in messages}
    assert once == {event.value for event in expected}


def test_stepwise_and_throttled_an_accounts_entries_lie_in_the_order_of_the_file(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap)
    done = c360(kafka_bootstrap, "ingest", "--mapping", "berka", "--rate", "5000", "--stepwise", str(SHIPPED))
    assert done.returncode == 0, done.stderr
    seen: dict[str, list[int]] = defaultdict(list)
    for messages in by_partition(kafka_bootstrap).values():
        for event in map(orjson.loads, (message.value() for message in messages)):
            if event["type"] == "account.entry_booked":
                seen[event["account_id"]].append(event["source_seq"])
    expected: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row, stated in enumerate(file_rows(SHIPPED / "berka" / "trans.csv", ";")):
        expected[stated["account_id"]].append((stated["date"], row + 1))
    assert seen == {account: [number for _, number in sorted(rows)] for account, rows in expected.items()}


def test_a_broken_row_is_listed_the_rest_is_published_and_the_exit_code_is_1(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap)
    broken = BERKA["berka/trans.csv"] + "104;12;970403;credit;;abc;1.00;;;\n"
    folder = write(tmp_path, BERKA | {"cfpb/complaints.csv": COMPLAINTS, "berka/trans.csv": broken})
    done = c360(kafka_bootstrap, "ingest", *BOTH, str(folder))
    assert done.returncode == 1
    assert done.stderr == ""
    first, *_, last = done.stdout.splitlines()
    assert first == ("refused: berka/trans.csv row 4 (line 5), column 'amount': 'abc' is not an amount such as 1234.50")
    assert last == "1 rows refused: 1 not_a_number"
    good = {event.value for event in read(folder, "berka", "cfpb").events}
    assert {m.value() for messages in by_partition(kafka_bootstrap).values() for m in messages} == good


def test_creating_topics_is_safe_to_repeat_and_makes_them_as_declared(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap)
    ids = topic_ids(kafka_bootstrap)
    done = c360(kafka_bootstrap, "topics", "create")
    assert (done.returncode, done.stdout) == (
        0,
        "All topics are there already, with 4 partitions for customers' records.\n",
    )
    assert topic_ids(kafka_bootstrap) == ids
    assert ids.keys() == TOPICS.keys()
    assert all(state.partitions == (state.topic.partitions or 4) for state in list_topics(kafka_bootstrap))
    shown = c360(kafka_bootstrap, "topics", "list").stdout
    assert all(name in shown for name in TOPICS)


def test_another_partition_count_is_told_with_what_to_set(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap)
    done = run("topics", "create", KAFKA_BOOTSTRAP=kafka_bootstrap, C360_PARTITIONS="6")
    assert done.returncode == 2
    assert "has 4 partitions where 6 are set" in done.stderr
    assert "Set C360_PARTITIONS=4" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def a_topic(name: str, cleanup: Any = "delete") -> Topic:
    return Topic(name, "input", "any", cleanup, 86_400_000, "A test's")


def test_another_cleanup_is_told_and_nothing_is_created(kafka_bootstrap: str, topic_prefix: str) -> None:
    name, other = f"{topic_prefix}kept", f"{topic_prefix}new"
    create_topics(kafka_bootstrap, 1, [a_topic(name)])
    with pytest.raises(OperatorError, match=r"has cleanup\.policy=delete where compact is needed"):
        create_topics(kafka_bootstrap, 1, [a_topic(name, "compact"), a_topic(other)])
    assert topic_ids(kafka_bootstrap, [name, other]).keys() == {name}


def test_only_what_is_absent_is_created(kafka_bootstrap: str, topic_prefix: str) -> None:
    topics = [a_topic(f"{topic_prefix}{letter}") for letter in "ab"]
    assert create_topics(kafka_bootstrap, 2, topics[:1]) == [topics[0].name]
    assert create_topics(kafka_bootstrap, 2, topics) == [topics[1].name]
    assert create_topics(kafka_bootstrap, 2, topics) == []


def test_a_tick_reaches_every_partition_of_the_clock_and_again_is_the_same(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap)
    for at in ("2026-11-23T00:00:00Z", "2026-11-23T01:00:00+01:00"):
        done = c360(kafka_bootstrap, "clock", "tick", "--at", at)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("The clock of 4 partitions stands at 2026-11-23T00:00:00Z")
    found = committed_records(kafka_bootstrap, ["clock"])
    ticks = {(m.partition(), m.key(), m.value()) for m in found}
    assert len(found) == 8
    assert {partition for partition, _, _ in ticks} == {0, 1, 2, 3}
    assert len(ticks) == 4
    for partition, key, value in ticks:
        tick = ClockTicked.model_validate_json(value)
        assert tick.occurred_at == datetime(2026, 11, 23, tzinfo=UTC)
        assert key == str(partition).encode()
    assert len({orjson.loads(value)["event_id"] for _, _, value in ticks}) == 4


def test_a_clock_that_is_not_there_is_told_with_what_to_run(kafka_bootstrap: str, topic_prefix: str) -> None:
    with pytest.raises(OperatorError, match=r"has no topic .*: run `c360 topics create` first"):
        write_ticks(kafka_bootstrap, datetime(2026, 11, 23, tzinfo=UTC), f"{topic_prefix}clock")


def test_topics_that_are_not_there_end_an_ingest_before_anything_is_sent(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap)
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap, "log_level": 0})
    admin.delete_topics(["loan-drawdowns"])["loan-drawdowns"].result()
    eventually(lambda: "loan-drawdowns" not in admin.list_topics(timeout=60).topics)
    done = c360(kafka_bootstrap, "ingest", "--mapping", "berka", str(SHIPPED))
    assert done.returncode == 2
    assert "has no topic loan-drawdowns: run `c360 topics create` first." in done.stderr
    assert committed_records(kafka_bootstrap, ["account-changes"]) == []


def test_a_topic_of_somebody_else_is_no_business_of_ours(kafka_bootstrap: str, topic_prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap, "log_level": 0})
    admin.create_topics([NewTopic(f"{topic_prefix}else", 3)])[f"{topic_prefix}else"].result()
    empty_topics(kafka_bootstrap)
    assert c360(kafka_bootstrap, "topics", "create").returncode == 0

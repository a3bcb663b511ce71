"""What the doctor makes of what it saw."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IncompatibleBrokerVersion, NodeNotReadyError

from connectors.redis_keys import DEFAULT_NAMESPACE, SCHEMA
from ops.doctor.clocks import skew
from ops.doctor.findings import Finding
from ops.doctor.kafka import TopicFacts, judge_topics
from ops.doctor.kafka_disks import LogDir, SilentBroker, judge_disks, told_by
from ops.doctor.machine import MIB, Machine, judge_machine, look_at_machine
from ops.doctor.redis import RedisFacts, judge_redis, judge_views
from schemas.topics import TOPICS

WELL = Machine(Path("home"), None, 4096 * MIB, 4096 * MIB, "Python 3.11")
INFO: dict[str, Any] = {"redis_version": "7.0.15", "role": "master", "maxmemory": 0, "maxmemory_policy": "noeviction"}
AS_CREATED = {
    name: TopicFacts(topic.partitions or 4, 3, {"max.message.bytes": "1048588", **topic.config()})
    for name, topic in TOPICS.items()
}


def _wrong(findings: Any) -> list[Finding]:
    wrong = [finding for finding in findings if finding.state != "ok"]
    assert all(finding.cure for finding in wrong)
    return wrong


def _state(findings: Any) -> list[str]:
    return [finding.state for finding in _wrong(findings)]


@pytest.mark.parametrize(
    ("seen", "states"),
    [
        ({}, []),
        ({"home_error": "it is not writable"}, ["fault"]),
        ({"disk_free": 500 * MIB}, ["warning"]),
        ({"disk_free": 50 * MIB}, ["fault"]),
        ({"memory_available": 300 * MIB}, ["warning"]),
        ({"memory_available": None}, []),
    ],
)
def test_a_machine_wants_disk_memory_and_a_home(seen: dict[str, Any], states: list[str]) -> None:
    assert _state(judge_machine(replace(WELL, **seen))) == states


@pytest.mark.parametrize(
    ("usable", "failed", "state", "words"),
    [
        (50_000 * MIB, False, "ok", "50,000 MiB are free where broker 2 of Kafka at k:9092 keeps its logs (/logs)."),
        (500 * MIB, False, "warning", "Only 500 MiB are free where broker 2 of Kafka at k:9092"),
        (0, False, "fault", "Only 0 MiB are free where broker 2 of Kafka at k:9092"),
        (-1, True, "fault", "The disk failed, or was full, where broker 2 of Kafka at k:9092"),
        (-1, False, "ok", "How full its disks are it does not tell"),
    ],
)
def test_the_disks_of_brokers_are_judged_where_they_are_told(usable: int, failed: bool, state: str, words: str) -> None:
    (found,) = judge_disks("k:9092", [LogDir(2, "/logs", usable, failed)])
    assert found.state == state
    assert found.said.startswith(words)
    assert bool(found.cure) == (state != "ok")


class _Client:
    """aiokafka's, of a Kafka whose broker 1 is out of reach, 2 is older than the question, and 3 answers."""

    async def send(self, broker: int, _request: object) -> Any:
        if broker == 1:
            raise NodeNotReadyError("it is not ready.")
        if broker == 2:
            raise IncompatibleBrokerVersion
        return SimpleNamespace(results=[(0, "/logs", [], 2 * 50 * MIB, 50 * MIB, {})])


def test_a_broker_that_does_not_answer_is_named_and_hides_no_other() -> None:
    async def looked() -> list[LogDir | SilentBroker]:
        brokers = [SimpleNamespace(nodeId=n, host=f"b{n}", port=9092) for n in (1, 2, 3)]
        return [one for broker in brokers for one in await told_by(_Client(), broker)]

    silent, full = judge_disks("k:9092", asyncio.run(looked()))
    assert silent.state == "warning"
    assert silent.said.startswith("Broker 1 of Kafka at k:9092 does not answer at b1:9092 (NodeNotReadyError: ")
    assert full.state == "fault"
    assert full.said.startswith("Only 50 MiB are free where broker 3 of Kafka at k:9092 keeps its logs (/logs)")


def test_this_machine_is_looked_at_without_a_trace(tmp_path: Path) -> None:
    machine = look_at_machine(tmp_path / "a" / "home")
    assert (machine.home_error, list(tmp_path.iterdir())) == (None, [])
    assert machine.disk_free > 0
    assert "confluent-kafka" in machine.versions
    file = tmp_path / "file"
    file.write_text("")
    assert look_at_machine(file / "home").home_error == "it is no folder"


def test_topics_as_they_are_created_are_well() -> None:
    assert _wrong(judge_topics(3, AS_CREATED, 4)) == []


def test_too_few_copies_and_records_kept_too_short_are_warned_of() -> None:
    views = replace(AS_CREATED["customer-views"], replicas=1)
    config = dict(AS_CREATED["account-changes"].config) | {"retention.ms": "86400000"}
    changes = replace(AS_CREATED["account-changes"], config=config)
    found = {**AS_CREATED, "customer-views": views, "account-changes": changes}
    said = [finding.said for finding in _wrong(judge_topics(3, found, 4))]
    assert said == [
        "Topic account-changes keeps its records 86,400,000 ms where for ever is meant: what is older is gone.",
        "Topic customer-views has one copy on 3 brokers.",
    ]


@pytest.mark.parametrize(
    ("seen", "states"),
    [
        ({}, []),
        ({"redis_version": "5.0.7"}, ["warning"]),
        ({"maxmemory_policy": "allkeys-lru"}, ["warning"]),
        ({"maxmemory_policy": "allkeys-lru", "maxmemory": 100, "used_memory": 5}, ["fault"]),
        ({"maxmemory_policy": "volatile-lru", "maxmemory": 100, "used_memory": 5}, ["warning"]),
        ({"maxmemory": 100, "used_memory": 95}, ["warning"]),
    ],
)
def test_a_redis_has_to_keep_what_is_written(seen: dict[str, Any], states: list[str]) -> None:
    assert _state(judge_redis("redis://r", RedisFacts(info=INFO | seen))) == states


@pytest.mark.parametrize(
    ("namespace", "held", "here", "states"),
    [
        (None, None, "a", []),
        (DEFAULT_NAMESPACE, "a", "a", []),
        (DEFAULT_NAMESPACE, "a", None, []),
        (DEFAULT_NAMESPACE, None, "a", []),
        (DEFAULT_NAMESPACE, "a", "b", ["fault"]),
        (f"{SCHEMA + 1}.1", "a", "a", ["fault"]),
    ],
)
def test_views_of_another_schema_or_secret_are_faults(
    namespace: str | None, held: str | None, here: str | None, states: list[str]
) -> None:
    assert _state(judge_views("redis://r", RedisFacts(namespace=namespace, fingerprint=held), here)) == states


def test_a_clock_is_off_by_what_the_way_to_it_does_not_explain() -> None:
    assert skew(100.2, 100.0, 100.5) == 0
    assert skew(103.5, 100.0, 100.5) == 3
    assert skew(98.0, 100.0, 100.5) == -2

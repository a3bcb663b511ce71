"""`c360 doctor` beside a Kafka and a Redis in which faults were planted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from connectors.redis_keys import DEFAULT_NAMESPACE, POINTER, RESUME_SECRET, SCHEMA, Keys
from ops.launcher.ports import free_ports
from ops.launcher.programs import Program
from tests.support.redis_server import a_redis
from tests.support.system import empty_topics
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Program]:
    """A Redis to spoil."""
    with a_redis(tmp_path) as server:
        yield server


def doctor(kafka: str, redis_url: str, home: Path, **environment: str) -> tuple[int, list[dict[str, str]]]:
    """The exit status, and what is not well."""
    known = {"KAFKA_BOOTSTRAP": kafka, "REDIS_URL": redis_url, "C360_HOME": str(home)}
    done = run("doctor", "--json", **known | environment)
    assert done.stderr == ""
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [finding for finding in findings if finding["state"] != "ok"]
    assert all(finding["cure"] for finding in wrong)
    return done.returncode, wrong


def said(wrong: list[dict[str, str]]) -> str:
    return "\n".join(finding["said"] for finding in wrong)


@pytest.mark.kafka
def test_a_system_as_it_is_set_up_has_no_fault(kafka_bootstrap: str, own_redis: Program, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap)
    status, wrong = doctor(kafka_bootstrap, own_redis.address, tmp_path)
    assert [finding for finding in wrong if finding["area"] != "machine"] == []
    assert status == int(any(finding["state"] == "fault" for finding in wrong))
    shown = run("doctor", KAFKA_BOOTSTRAP=kafka_bootstrap, REDIS_URL=own_redis.address, C360_HOME=str(tmp_path)).stdout
    assert "ok      topics    All " in shown


def test_faults_of_topics_and_rules_are_each_found_with_a_cure(
    kafka_bootstrap: str, own_redis: Program, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap, seeded=False)
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap, "log_level": 0})
    for future in admin.delete_topics(["complaint-events", "clock"]).values():
        future.result()
    eventually(lambda: not {"complaint-events", "clock"} & admin.list_topics(timeout=10).topics.keys(), within=60)
    admin.create_topics([NewTopic("clock", num_partitions=7)])["clock"].result()
    spoiled = {
        "customer-views": {"cleanup.policy": "compact,delete", "max.message.bytes": "10000"},
        "dead-letters": {"max.message.bytes": "100000"},
        "account-changes": {"min.insync.replicas": "2"},
        "alerts.balance": {"retention.ms": "3600000"},
    }
    for topic, config in spoiled.items():
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in config.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        admin.incremental_alter_configs([resource])[resource].result()
    try:
        status, wrong = doctor(kafka_bootstrap, own_redis.address, tmp_path)
    finally:
        empty_topics(kafka_bootstrap)
    found = said(wrong)
    for sentence in (
        "There is no topic complaint-events.",
        "Topic clock has 7 partitions where 4 are needed.",
        "Topic customer-views has cleanup.policy=compact,delete where compact is needed",
        "Topic customer-views takes no record above 10,000 bytes",
        "Topic dead-letters takes no record above 100,000 bytes",
        "Topic account-changes has min.insync.replicas=2 with 1 copies",
        "Topic alerts.balance keeps its records 3,600,000 ms where for ever is meant",
        "Topic alert-rules holds no rules",
    ):
        assert sentence in found
    assert status == 1


def test_faults_of_redis_are_each_found_with_a_cure(own_redis: Program, tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    client: Any = redis.Redis.from_url(own_redis.address)
    client.config_set("maxmemory", "1gb")
    client.config_set("maxmemory-policy", "allkeys-lru")
    status, wrong = doctor(nowhere, own_redis.address, tmp_path)
    assert status == 1
    assert f"Kafka at {nowhere} does not answer" in said(wrong)
    assert "has maxmemory-policy allkeys-lru: when full it throws away views" in said(wrong)
    client.config_set("maxmemory-policy", "noeviction")

    client.replicaof("127.0.0.1", free_ports(1)[0])
    _, wrong = doctor(nowhere, own_redis.address, tmp_path)
    assert "is a replica and takes no writes" in said(wrong)
    client.replicaof("no", "one")

    client.config_set("maxmemory", "1")
    _, wrong = doctor(nowhere, own_redis.address, tmp_path)
    assert "takes no writes" in said(wrong)
    client.config_set("maxmemory", "0")

    client.set(POINTER, DEFAULT_NAMESPACE)
    client.hset(Keys().resume, RESUME_SECRET, "of another")
    _, wrong = doctor(nowhere, own_redis.address, tmp_path, C360_INDEX_KEY="0123456789abcdef")
    assert "are hashed under another secret than C360_INDEX_KEY is here" in said(wrong)
    client.set(POINTER, f"{SCHEMA + 1}.1")
    _, wrong = doctor(nowhere, own_redis.address, tmp_path)
    assert f"holds views of schema {SCHEMA + 1}" in said(wrong)

    client.config_set("requirepass", "secret")
    with_wrong_password = own_redis.address.replace("redis://", "redis://:wrong-one@")
    _, wrong = doctor(nowhere, with_wrong_password, tmp_path)
    assert "refuses user or password" in said(wrong)
    assert "wrong-one" not in json.dumps(wrong)
    client.close()

    _, wrong = doctor(nowhere, f"redis://{nowhere}/0", tmp_path)
    assert f"Redis at redis://{nowhere}/0 does not answer" in said(wrong)


def test_faults_of_settings_and_of_the_home_are_found(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    status, wrong = doctor(nowhere, f"redis://{nowhere}", tmp_path, C360_PARTITION="4")
    assert (status, len(wrong)) == (1, 1)
    assert said(wrong) == "C360_PARTITION is not a setting of c360: did you mean C360_PARTITIONS?"
    status, wrong = doctor(nowhere, f"redis://{nowhere}", tmp_path, C360_STORE="disk")
    assert said(wrong).startswith("Setting store (C360_STORE) is 'disk': it should be 'memory' or 'rocksdb'")
    file = tmp_path / "file"
    file.write_text("")
    _, wrong = doctor(nowhere, f"redis://{nowhere}", file)
    assert f"Nothing can be written to the home {file}: it is no folder." in said(wrong)

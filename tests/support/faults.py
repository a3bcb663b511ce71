"""Faults around c360, each planted in a real Kafka, Redis or file system.

Each returns the settings that lead to it, and takes it away again when the stack ends.
"""

import shutil
from collections.abc import Collection
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from confluent_kafka.admin import AdminClient

from ops.launcher.ports import LOCALHOST, free_ports
from ops.launcher.programs import Program
from ops.launcher.ready import redis_answers
from ops.rule_changes import seed_rules
from ops.topics import create_topics
from schemas.topics import TOPICS
from tests.support.bank import ACL_USERS, Bank
from tests.support.full_disk import Disk, a_disk
from tests.support.old_kafka import KAFKA_2_4, a_kafka
from tests.support.secured import secured_redis
from tests.support.waiting import eventually

__all__ = [
    "NoDisk",
    "a_full_disk_of_the_home",
    "a_redis_that_evicts",
    "a_redis_whose_disk_is_full",
    "a_replica",
    "a_wrong_password",
    "a_wrong_setting",
    "an_all_but_full_disk_of_kafka",
    "an_expired_certificate_of_kafka",
    "an_expired_certificate_of_redis",
    "an_odd_topic",
    "an_old_kafka",
    "topics_missing",
]

Settings = dict[str, str]


class NoDisk(Exception):
    """This user may mount none, so the fault can't be planted; the message says so."""


def a_wrong_setting(_bank: Bank, _ends: ExitStack) -> Settings:
    return {"C360_PARTITION": "4"}


def topics_missing(names: Collection[str], bank: Bank, ends: ExitStack) -> Settings:
    kafka = bank.kafka.address("PLAIN")
    ends.callback(made_again, kafka)
    gone(kafka, names)
    return {}


def an_odd_topic(bank: Bank, ends: ExitStack) -> Settings:
    kafka = bank.kafka.address("PLAIN")
    topics_missing(["clock"], bank, ends)
    ends.callback(gone, kafka, ["clock"])
    create_topics(kafka, 3, [TOPICS["clock"]])
    return {}


def an_expired_certificate_of_kafka(bank: Bank, _ends: ExitStack) -> Settings:
    without = {"C360_KAFKA_USER": "", "C360_KAFKA_PASSWORD_FILE": "", "C360_KAFKA_SECURITY_PROTOCOL": "SSL"}
    return {"C360_KAFKA_BOOTSTRAP": bank.kafka.address("EXPIRED"), **without}


def a_wrong_password(store: str, bank: Bank, _ends: ExitStack) -> Settings:
    return {f"C360_{store}_PASSWORD_FILE": bank.secret("wrong", "not the password")}


def an_old_kafka(_bank: Bank, ends: ExitStack) -> Settings:
    port = ends.enter_context(a_kafka(KAFKA_2_4))
    return a_kafka_open_to_all(f"{LOCALHOST}:{port}")


def an_expired_certificate_of_redis(bank: Bank, ends: ExitStack) -> Settings:
    server = secured_redis(bank.redis_binary, bank.authority, bank.folder / "redis-expired", ACL_USERS, expired=True)
    server.start()
    ends.callback(server.stop)
    return {"C360_REDIS_URL": f"{server.address}/0"}


def a_redis_that_evicts(bank: Bank, ends: ExitStack) -> Settings:
    return own_redis(bank, ends, "evicting", "--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru")


def a_replica(bank: Bank, ends: ExitStack) -> Settings:
    return own_redis(bank, ends, "replica", "--replicaof", LOCALHOST, str(free_ports(1)[0]))


def a_redis_whose_disk_is_full(bank: Bank, ends: ExitStack) -> Settings:
    """Its snapshot could not be written: its folder is gone, which it takes like any other failure to write."""
    settings = own_redis(bank, ends, "full", "--save", "3600 1")
    with redis.Redis.from_url(settings["C360_REDIS_URL"]) as client:
        client.set("a", "change")
        shutil.rmtree(bank.folder / "full")
        client.bgsave()
        eventually(lambda: info_of(client)["rdb_last_bgsave_status"] == "err", within=60)
    # Else it would not end, since it can't save.
    ends.callback(to_save_nothing, settings["C360_REDIS_URL"])
    return settings


def a_full_disk_of_the_home(bank: Bank, ends: ExitStack) -> Settings:
    full = expect_a_disk(ends.enter_context(a_disk(bank.folder / "full-home")))
    full.leave(0)
    # Without a secret given, who hashes identifiers makes one in the home.
    return {"C360_STORE": "rocksdb", "C360_INDEX_KEY_FILE": "", "C360_HOME": str(full.folder)}


def an_all_but_full_disk_of_kafka(bank: Bank, ends: ExitStack) -> Settings:
    disk = expect_a_disk(bank.disk)
    disk.leave(50 * 2**20)
    ends.callback(disk.clear)
    # As one who may ask.
    return a_kafka_open_to_all(bank.kafka.address("PLAIN"))


def expect_a_disk(disk: Disk | None) -> Disk:
    if disk is None:
        raise NoDisk("no file system can be mounted here, so none can be full")
    return disk


def a_kafka_open_to_all(address: str) -> Settings:
    others = {"USER": "", "PASSWORD_FILE": "", "CA_FILE": "", "SECURITY_PROTOCOL": "PLAINTEXT"}
    return {f"C360_KAFKA_{name}": value for name, value in others.items()} | {"C360_KAFKA_BOOTSTRAP": address}


def own_redis(bank: Bank, ends: ExitStack, name: str, *options: str) -> Settings:
    """A Redis in the clear, with these options; the settings that lead to it."""
    folder = bank.folder / name
    folder.mkdir()

    def command(port: int) -> list[str | Path]:
        listen: list[str | Path] = [bank.redis_binary, "--port", str(port), "--bind", LOCALHOST, "--dir", folder]
        return [*listen, "--save", "", *options]

    server = Program("Redis", bank.folder / f"{name}.log", scheme="redis://", command=command, answers=redis_answers)
    server.start()
    ends.callback(server.stop)
    open_to_all = {"C360_REDIS_CA_FILE": "", "C360_REDIS_USER": "", "C360_REDIS_PASSWORD_FILE": ""}
    return {"C360_REDIS_URL": server.address, **open_to_all}


def to_save_nothing(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.config_set("save", "")


def info_of(client: "redis.Redis") -> dict[str, Any]:
    found: Any = client.info()
    return dict(found)


def gone(kafka: str, names: Collection[str]) -> None:
    """Deleted, and not known any more."""
    admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})
    for future in admin.delete_topics(list(names)).values():
        future.result()
    eventually(lambda: not set(names) & admin.list_topics(timeout=30).topics.keys(), within=60)


def made_again(kafka: str) -> None:
    create_topics(kafka, 2)
    seed_rules(kafka, None, "tests", datetime(2026, 11, 23, tzinfo=UTC))

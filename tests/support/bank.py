"""A bank's Kafka and Redis, which let nobody in without TLS, name, password and rights, and what opens them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from ops.launcher.facts import java_binary
from ops.launcher.programs import Program
from ops.settings import Settings
from tests.support.certificates import Authority
from tests.support.full_disk import Disk, a_disk
from tests.support.secured import PASSWORD, USER, SecuredKafka, secured_redis, tls_redis_binary
from tests.support.system import WorkerProcess

__all__ = ["ACL_USERS", "Bank", "a_bank"]

RULES: Final = "~c360:* resetchannels +@read +@write +@scripting +@connection -@dangerous +info +time"
LOOKUPS: Final = "~c360:* resetchannels +@read +@connection -@dangerous"
"""As ops/OPERATIONS.md lists them."""
ACL_USERS: Final = {"c360": f">{PASSWORD} {RULES}", "c360-lookups": f">{PASSWORD} {LOOKUPS}"}


@dataclass
class Bank:
    """What is behind the doors, and the settings that open them."""

    kafka: SecuredKafka
    redis: Program
    redis_binary: Path
    folder: Path
    authority: Authority
    disk: Disk | None
    """Where Kafka keeps its logs; None: where everybody else does."""

    def settings(self, **changed: str) -> dict[str, str]:
        """As variables; an empty value takes one away."""
        known = {
            "C360_KAFKA_BOOTSTRAP": self.kafka.address("SECURE"),
            "C360_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "C360_KAFKA_CA_FILE": str(self.authority.ca_file),
            "C360_KAFKA_USER": USER,
            "C360_KAFKA_PASSWORD_FILE": self.secret("kafka", PASSWORD),
            "C360_REDIS_URL": f"{self.redis.address}/0",
            "C360_REDIS_CA_FILE": str(self.authority.ca_file),
            "C360_REDIS_USER": "c360",
            "C360_REDIS_PASSWORD_FILE": self.secret("redis", PASSWORD),
            "C360_INDEX_KEY_FILE": self.secret("index", "a key of 16 characters or more"),
            "C360_PARTITIONS": "2",
            "C360_CLOCK": "wall",
            "C360_HOME": str(self.folder / "home"),
        }
        return {name: value for name, value in (known | changed).items() if value}

    def loaded(self, **changed: str) -> Settings:
        """The same, as the settings that they make."""
        given = {name.removeprefix("C360_").lower(): value for name, value in self.settings(**changed).items()}
        return Settings.model_validate(given)

    def secret(self, name: str, content: str) -> str:
        """A file that holds a secret alone."""
        file = self.folder / f"{name}.secret"
        file.write_text(f"{content}\n")
        return str(file)

    def process(self, name: str, **changed: str) -> WorkerProcess:
        """A command of c360 with these settings and no others."""
        made = WorkerProcess("", "c360-worker", self.folder, name, {}, ("ops", name))
        made.environment = {
            key: value for key, value in made.environment.items() if not key.startswith(("C360_", "KAFKA_", "REDIS_"))
        } | self.settings(**changed)
        return made


@contextmanager
def a_bank(folder: Path) -> Iterator[Bank]:
    """Started; skips the test, or fails it where Kafka is required, when the machine lacks a program for it."""
    binary = tls_redis_binary(folder)
    if binary is None or java_binary() is None:
        lack = "there is no Redis with TLS (Debian: apt-get install redis-tools), or no Java"
        if os.environ.get("C360_REQUIRE_KAFKA"):
            pytest.fail(lack, pytrace=False)
        pytest.skip(lack)
    authority = Authority(folder)
    redis, kafka = secured_redis(binary, authority, folder / "redis", ACL_USERS), SecuredKafka(authority, folder)
    with a_disk(folder / "kafka") as disk:
        redis.start()
        kafka.start()
        yield Bank(kafka, redis, binary, folder, authority, disk)
        kafka.stop()
        redis.stop()

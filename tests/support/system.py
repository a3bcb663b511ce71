"""The running system in tests: topics emptied, a worker as a process of its own, and what the broker holds."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.sources.publishing import create_producer
from ops.rule_changes import seed_rules
from ops.topics import create_topics
from schemas.topics import INPUT_TOPICS, TOPICS
from tests.support.waiting import eventually

__all__ = [
    "GroupProgress",
    "WorkerProcess",
    "committed_records",
    "empty_topics",
    "group_positions",
    "input_ends",
    "produce",
]

SESSION_MS = 3_000


def empty_topics(bootstrap: str, partitions: int = 4, *, seeded: bool = True) -> None:
    """All topics of the contract, new and empty, but for the rules shipped when `seeded`."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    present = sorted(TOPICS.keys() & admin.list_topics(timeout=60).topics.keys())
    if present:
        for future in admin.delete_topics(present).values():
            future.result()
        eventually(lambda: not TOPICS.keys() & admin.list_topics(timeout=60).topics.keys())
    create_topics(bootstrap, partitions)
    if seeded:
        seed_rules(bootstrap, None, "tests", datetime(2026, 11, 23, tzinfo=UTC))


def produce(bootstrap: str, records: Iterable[tuple[str, str, bytes]]) -> None:
    """(topic, key, value) in order, all acknowledged."""
    producer = create_producer(bootstrap)
    for topic, key, value in records:
        producer.produce(topic, value, key)
        producer.poll(0)
    assert producer.flush(30) == 0


def committed_records(bootstrap: str, topics: Sequence[str]) -> list[Any]:
    """Every record that a read_committed consumer sees from the start to the end of `topics`, now."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "tests-reading",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # The end is told at once, not when the broker has waited for more.
            "fetch.wait.max.ms": 5,
            "log_level": 0,
        }
    )
    found: list[Any] = []
    try:
        known = consumer.list_topics(timeout=60).topics
        partitions = [TopicPartition(topic, number, 0) for topic in topics for number in known[topic].partitions]
        consumer.assign(partitions)
        pending = {(tp.topic, tp.partition) for tp in partitions}
        while pending:
            for message in consumer.consume(1000, timeout=0.05):
                error = message.error()
                if error is None:
                    found.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    pending.discard((message.topic() or "", message.partition() or 0))
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
    return found


class GroupProgress:
    """How far a group is in the input topics, asked through one connection: quick enough to catch a moment of it."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        known = self._consumer.list_topics(timeout=60).topics
        self._wanted = [TopicPartition(topic, number) for topic in INPUT_TOPICS for number in known[topic].partitions]

    def positions(self) -> dict[tuple[str, int], int]:
        """Committed position of every input partition, 0 where there is none; waits for pending ones to be decided."""
        # A killed worker's transaction is pending until the broker has aborted it.
        return {
            (tp.topic, tp.partition): max(tp.offset, 0) for tp in self._consumer.committed(self._wanted, timeout=60)
        }

    def ends(self) -> dict[tuple[str, int], int]:
        """End offset of every input partition."""
        found: dict[tuple[str, int], int] = {}

        def asked() -> bool:
            try:
                for tp in self._wanted:
                    found[tp.topic, tp.partition] = self._consumer.get_watermark_offsets(tp, timeout=60)[1]
            except KafkaException as error:
                # A topic just created: its leader is known to the controller sooner than to itself.
                if error.args[0].code() in (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE):
                    return False
                raise
            return True

        eventually(asked, within=60)
        return found

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


def group_positions(bootstrap: str, group: str) -> dict[tuple[str, int], int]:
    """Committed position of every input partition, 0 where there is none."""
    with contextlib.closing(GroupProgress(bootstrap, group)) as progress:
        return progress.positions()


def input_ends(bootstrap: str) -> dict[tuple[str, int], int]:
    """End offset of every input partition."""
    with contextlib.closing(GroupProgress(bootstrap, "tests-reading")) as progress:
        return progress.ends()


class WorkerProcess:
    """`c360 worker` as a process of its own, with its log in a file."""

    def __init__(
        self,
        bootstrap: str,
        group: str,
        home: Path,
        name: str,
        settings: Mapping[str, str] = MappingProxyType({}),
        command: Sequence[str] = ("ops", "worker"),
    ) -> None:
        self.command = [sys.executable, "-m", *command]
        self.log_path = home / f"{name}.log"
        self.environment = {
            **os.environ,
            "KAFKA_BOOTSTRAP": bootstrap,
            "C360_HOME": str(home / name),
            "C360_CONSUMER_GROUP": group,
            "C360_CLOCK": "event",
            "C360_SESSION_TIMEOUT_MS": str(SESSION_MS),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "WorkerProcess":
        """Start it (again); the log is appended to."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)
        return self

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def signal(self, number: int) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """End it in good order; its exit status."""
        if self._process is None or self._process.poll() is not None:
            return 0 if self._process is None else self._process.returncode
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self, timeout: float = 120) -> int:
        """Its exit status, once it has ended."""
        assert self._process is not None
        return self._process.wait(timeout)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None


@contextlib.contextmanager
def ending(*workers: WorkerProcess) -> Iterator[None]:
    """Whatever happens inside, the workers end."""
    try:
        yield
    finally:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                worker.stop()

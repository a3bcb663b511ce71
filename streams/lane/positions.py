"""What the broker holds for a group and its changelog, read so that nothing pending is missed."""

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from time import monotonic
from typing import Any, Final, cast

from confluent_kafka import (
    OFFSET_INVALID,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.stores.port import Restore

__all__ = ["BrokerReader", "RecoveryStopped", "Unreadable"]

FOLLOWING_WAIT_MS: Final = 500
BATCH_RECORDS: Final = 10_000

# A consumer without deserializers gives bytes; of the changelog every record has a key.
_KEY: Final = cast("Callable[[Message], bytes]", Message.key)
_VALUE: Final = cast("Callable[[Message], bytes | None]", Message.value)


class RecoveryStopped(Exception):
    """Another rebalance, or the end of the worker, made this recovery pointless."""


class Unreadable(Exception):
    """The broker did not answer in time, or its answer makes no sense."""


class BrokerReader:
    """Reads committed positions and a changelog for a take-over, in the order that loses nothing.

    First the group's positions (`committed`), then the changelog's high watermark (`ends`), then the changelog up to it
    (`read`). The other way round is new positions over old state: silent loss.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        group: str,
        exact_ends: bool,
        should_stop: Callable[[], bool],
        timeout: float,
    ) -> None:
        self._config = dict(config)
        self._group = group
        self.ends_are_exact = exact_ends
        self._should_stop = should_stop
        self._timeout = timeout
        self._settings: dict[str, Any] = {
            **self._config,
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "queued.min.messages": 100_000,
            "queued.max.messages.kbytes": 16 * 1024,
            "fetch.message.max.bytes": 2 * 1024 * 1024,
            # A partition whose queue is full is fetched again after this; librdkafka's second was three quarters
            # of a take-over (5 us a record, 0.7 to 1 without it).
            "fetch.queue.backoff.ms": 5,
            "fetch.wait.max.ms": 10,
            "fetch.error.backoff.ms": 50,
        }
        self._consumer = Consumer(self._settings)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def committed(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        """The group's stable positions: librdkafka asks for them with require_stable under read_committed."""
        if not partitions:
            return {}
        deadline = monotonic() + self._timeout
        wanted = [TopicPartition(topic, partition) for topic, partition in partitions]
        while True:
            self._check_stop()
            try:
                found = self._consumer.committed(wanted, timeout=2.0)
            except KafkaException as exc:
                error = exc.args[0]
                if monotonic() > deadline:
                    raise Unreadable(f"positions of group {self._group}: {error.str()}") from exc
                continue
            failed = next((entry.error for entry in found if entry.error is not None), None)
            if failed is None:
                return {
                    (entry.topic, entry.partition): None if entry.offset == OFFSET_INVALID else entry.offset
                    for entry in found
                }
            if monotonic() > deadline:
                raise Unreadable(f"positions of group {self._group}: {failed.str()}")

    def members(self) -> list[str]:
        """Who belongs to the group now, as `client@host`; nobody: none can commit for it before he has joined."""
        admin = AdminClient(self._config)
        described = admin.describe_consumer_groups([self._group], request_timeout=self._timeout)[self._group]
        try:
            return sorted(f"{member.client_id}@{member.host}" for member in described.result().members)
        except KafkaException as exc:
            raise Unreadable(f"members of group {self._group}: {exc.args[0].str()}") from exc

    def begins(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The first offset that each partition still holds."""
        return self._offsets(partitions, OffsetSpec.earliest())

    def ends(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """High watermarks, not last stable offsets: markers reach the groups' topic and the changelog independently."""
        if not self.ends_are_exact:
            # This broker's answer is not to be trusted; the end met while fetching is.
            return dict.fromkeys(partitions, 0)
        return self._offsets(partitions, OffsetSpec.latest())

    def _offsets(self, partitions: Sequence[tuple[str, int]], spec: OffsetSpec) -> dict[tuple[str, int], int]:
        if not partitions:
            return {}
        admin = AdminClient(self._config)
        wanted = {TopicPartition(topic, partition): spec for topic, partition in partitions}
        futures = admin.list_offsets(
            wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=self._timeout
        )
        try:
            return {(tp.topic, tp.partition): future.result().offset for tp, future in futures.items()}
        except KafkaException as exc:
            raise Unreadable(f"offsets of {partitions[0][0]}: {exc.args[0].str()}") from exc

    def read(
        self,
        topic: str,
        starts: Mapping[int, int],
        ends: Mapping[int, int] | None,
        restore: Mapping[int, Restore],
        on_progress: Callable[[Mapping[int, int], Mapping[int, int]], None],
    ) -> None:
        """Hand every committed record of `topic` from `starts` on to its partition's `restore`, until `ends` is passed.

        The end is a position, not a record: markers of transactions occupy offsets. `on_progress` is told, by
        partition, how many records came, and the positions after them. Without `ends` it goes on until it is stopped.
        """
        pending = dict.fromkeys(starts, sys.maxsize) if ends is None else dict(ends)
        if ends is None:
            # Nobody waits for what comes late here, and most fetches find nothing.
            self._consumer.close()
            self._consumer = Consumer(self._settings | {"fetch.wait.max.ms": FOLLOWING_WAIT_MS})
        stable: dict[int, int] = {}
        # Without the topic's metadata at hand librdkafka looks for leaders once a second only.
        self._consumer.list_topics(topic, timeout=self._timeout)
        self._consumer.assign([TopicPartition(topic, partition, starts[partition]) for partition in pending])
        moved_at = monotonic()
        while pending:
            self._check_stop()
            messages = self._consumer.consume(num_messages=BATCH_RECORDS, timeout=0.1)
            for message in filter(Message.error, messages):
                self._at_end(message, pending, stable)
            counts = dict.fromkeys(restore, 0)
            passed = dict[int, int]()
            # Millions come through here, hundreds of a partition after each other.
            for partition, run in groupby(messages, Message.partition):
                records = [message for message in run if message.error() is None]
                if partition is not None and records:
                    restore[partition](list(map(_KEY, records)), list(map(_VALUE, records)))
                    counts[partition] += len(records)
                    passed[partition] = (records[-1].offset() or 0) + 1
            if messages:
                moved_at = monotonic()
                on_progress(counts, {n: max(passed.get(n, 0), stable.get(n, 0)) for n in passed.keys() | stable.keys()})
            elif ends is not None and monotonic() - moved_at > self._timeout:
                raise Unreadable(_stuck(topic, pending, stable, self._timeout))
        self._consumer.unassign()

    @staticmethod
    def _at_end(message: Message, pending: dict[int, int], stable: dict[int, int]) -> None:
        error = message.error()
        assert error is not None
        if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            if error.fatal() or not error.retriable():
                raise Unreadable(f"changelog: {error.str()}")
            return
        partition, offset = message.partition(), message.offset()
        if partition is None or offset is None:
            return
        stable[partition] = offset
        # Under read_committed the end met may be a pending transaction's first record: then wait for its marker.
        if partition in pending and offset >= pending[partition]:
            del pending[partition]

    def _check_stop(self) -> None:
        if self._should_stop():
            raise RecoveryStopped


def _stuck(topic: str, pending: Mapping[int, int], stable: Mapping[int, int], seconds: float) -> str:
    partition = min(pending)
    if partition not in stable:
        end = pending[partition]
        return f"{topic} partition {partition}: Kafka gave no record in {seconds:.0f} s, and its end is {end}"
    began, end = stable[partition], pending[partition]
    return (
        f"{topic} partition {partition}: a transaction that began at offset {began} neither committed nor aborted "
        f"in {seconds:.0f} s, and nothing after it can be read (the partition ends at {end}). If starting again does "
        "not help, end it with Kafka's own tool: kafka-transactions.sh --bootstrap-server ... "
        f"abort --topic {topic} --partition {partition} --start-offset {began}"
    )

"""What a live broker can do, found out by trying it: no tier's name is believed."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic import BaseModel, ConfigDict

from connectors.brokers import Kafka, client_of
from ops.errors import OperatorError

CALL_SECONDS: Final = 10.0
READ_SECONDS: Final = 5.0
BATCH: Final = 10
COMMITTED, ABORTED = b"committed", b"aborted"
KEPT_OFFSET, DISCARDED_OFFSET = 5, 9


class Capabilities(BaseModel):
    """What the engine may rely on."""

    model_config = ConfigDict(frozen=True)

    # Records and consumer positions of a transaction become visible together, or, aborted, never.
    transactions: bool
    # Aborted records are invisible to a read_committed consumer.
    read_committed: bool
    # An idempotent producer is accepted.
    idempotence: bool
    # The end offset is exact right after a batch, so recovery may trust it.
    latest_exact: bool


def probe(bootstrap: Kafka) -> Capabilities:
    """Try the broker on a topic and a group of its own, both deleted afterwards; about a second on real Kafka.

    Raises OperatorError when the broker lets no topic be created.
    """
    try:
        with _scratch_topic(bootstrap) as name:
            return _Probe(bootstrap, name).run()
    except KafkaException as error:
        raise OperatorError(
            f"Kafka at {bootstrap} answers, but what it can do could not be tried: {error.args[0]}. "
            "c360 needs the right to create and delete topics."
        ) from error


@contextmanager
def _scratch_topic(bootstrap: Kafka) -> Iterator[str]:
    admin = AdminClient(_quiet(bootstrap))
    name = f"c360-probe-{uuid.uuid4().hex}"
    _result(admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=-1)]))
    try:
        yield name
    finally:
        # Nobody depends on what is left when even this fails; the outcome of the probe stands.
        with suppress(KafkaException):
            _result(admin.delete_consumer_groups([name]))
        with suppress(KafkaException):
            _result(admin.delete_topics([name]))


def _result(futures: dict[str, Future[Any]]) -> None:
    for future in futures.values():
        future.result(CALL_SECONDS)


def _quiet(bootstrap: Kafka) -> dict[str, Any]:
    return client_of(bootstrap, {"log_level": 0, "socket.timeout.ms": 5_000})


class _Probe:
    """The trials, on one fresh topic; its name is also the group's and the transactional id."""

    def __init__(self, bootstrap: Kafka, name: str) -> None:
        self._settings = _quiet(bootstrap)
        self._name = name

    def run(self) -> Capabilities:
        consumer = Consumer(
            self._settings
            | {"group.id": self._name, "isolation.level": "read_committed", "enable.auto.commit": False}
            | {"auto.offset.reset": "earliest", "fetch.wait.max.ms": 20}
        )
        try:
            latest_exact = self._latest_is_exact(consumer)
            transacted = self._transacts(consumer)
            hidden = transacted and self._aborted_is_hidden(consumer)
            return Capabilities(
                transactions=hidden and self._position(consumer) == KEPT_OFFSET,
                read_committed=hidden,
                # A transactional producer is an idempotent one.
                idempotence=transacted or self._produces({"enable.idempotence": True}),
                latest_exact=latest_exact,
            )
        finally:
            consumer.close()

    def _latest_is_exact(self, consumer: Consumer) -> bool:
        if not self._produces({"linger.ms": 20}):
            return False
        _, end = consumer.get_watermark_offsets(TopicPartition(self._name, 0), timeout=CALL_SECONDS)
        return bool(end == BATCH)

    def _produces(self, settings: dict[str, Any]) -> bool:
        """Whether ten records, sent as one batch, are all acknowledged."""
        acknowledged: list[object] = []
        producer = Producer(self._settings | settings | {"message.timeout.ms": 5_000})
        for number in range(BATCH):
            producer.produce(
                self._name,
                str(number).encode(),
                on_delivery=lambda error, _message: acknowledged.append(error) if error is None else None,
            )
        producer.flush(READ_SECONDS)
        return len(acknowledged) == BATCH

    def _transacts(self, consumer: Consumer) -> bool:
        """Whether an aborted and a committed transaction, each with a position, are accepted."""
        producer = Producer(
            self._settings
            | {"transactional.id": self._name, "transaction.timeout.ms": 5_000, "message.timeout.ms": 4_000}
        )
        try:
            producer.init_transactions(CALL_SECONDS)
            self._transact(producer, consumer, ABORTED, DISCARDED_OFFSET)
            producer.abort_transaction(CALL_SECONDS)
            self._transact(producer, consumer, COMMITTED, KEPT_OFFSET)
            producer.commit_transaction(CALL_SECONDS)
        except KafkaException:
            return False
        return True

    def _transact(self, producer: Producer, consumer: Consumer, record: bytes, offset: int) -> None:
        producer.begin_transaction()
        producer.produce(self._name, record)
        # Sent before the abort, or there would be nothing to hide.
        producer.flush(READ_SECONDS)
        position = TopicPartition(self._name, 0, offset)
        producer.send_offsets_to_transaction([position], consumer.consumer_group_metadata(), CALL_SECONDS)

    def _aborted_is_hidden(self, consumer: Consumer) -> bool:
        """Whether a read_committed reader comes to the committed record without having met the aborted one."""
        consumer.assign([TopicPartition(self._name, 0, 0)])
        seen: list[bytes | None] = []
        deadline = time.monotonic() + READ_SECONDS
        while COMMITTED not in seen and time.monotonic() < deadline:
            message = consumer.poll(0.1)
            if message is not None and message.error() is None:
                seen.append(message.value())
        return COMMITTED in seen and ABORTED not in seen

    def _position(self, consumer: Consumer) -> int:
        (position,) = consumer.committed([TopicPartition(self._name, 0)], timeout=CALL_SECONDS)
        return int(position.offset)

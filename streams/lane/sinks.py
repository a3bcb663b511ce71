"""Where flushes go: one fenced Kafka transaction each, or (on brokers without them) acknowledged writes in order."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from schemas.topics import MAX_ASIDE_BYTES
from streams.flush import Flush, Output
from streams.lane.membership import Membership

__all__ = [
    "Aborted",
    "AcknowledgedSink",
    "OutcomeUnknown",
    "Refused",
    "Sink",
    "TransactionalSink",
    "Writer",
    "in_order",
]

_SERVED_EVERY = 1_000
_REFUSALS = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
    }
)


class Aborted(Exception):
    """The transaction was aborted: none of it is visible, and it may be done again."""


class Refused(Exception):
    """The broker refused the membership: the partitions belong to another worker now. Nothing of it is visible."""


class OutcomeUnknown(Exception):
    """The producer can't go on, or nobody knows whether the transaction committed: the process must exit."""


class Sink(Protocol):
    """Writes flushes. Called from one thread, one call at a time."""

    commits_positions: bool
    """Whether `write` also commits the positions; else the lane must, after it."""
    patience: float
    """Seconds after which a `write` that has not returned never will in time to count."""

    def open(self) -> None:
        """Connect; raises OutcomeUnknown when the broker does not answer in time."""

    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:
        """Make all of `flushes` visible together; raises Aborted, Refused or OutcomeUnknown."""

    def close(self) -> None:
        """Let go of the connection; nothing is written any more."""


class Writer:
    """Hands outputs to a producer, waiting while its queue is full.

    One call a record: librdkafka's batch call takes no timestamps, and those of the source records are what latency is
    measured by downstream.
    """

    def __init__(self, producer: Producer, on_delivery: Callable[[KafkaError | None, Any], None] | None = None) -> None:
        self._producer = producer
        self._on_delivery = on_delivery

    def produce(self, outputs: Iterable[tuple[int, Output]], timeout: float) -> None:
        """Queue (partition, output); raises OutcomeUnknown when there is no room for so many seconds."""
        produce, on_delivery = self._producer.produce, self._on_delivery
        for number, (partition, output) in enumerate(outputs):
            # By position, for names cost a third more. `callback` and `on_delivery` are two names of one thing, and a
            # None for the first hides the second.
            topic, key, value, timestamp_ms = output
            try:
                produce(topic, value, key, partition, on_delivery, on_delivery, timestamp_ms)
            except BufferError:
                self._wait_for_room(topic, timeout)
                produce(topic, value, key, partition, on_delivery, on_delivery, timestamp_ms)
            if not number % _SERVED_EVERY:
                self._producer.poll(0)

    def _wait_for_room(self, topic: str, timeout: float) -> None:
        if self._producer.flush(timeout):
            raise OutcomeUnknown(f"Kafka took no record of {topic} in {timeout} s")


class TransactionalSink:
    """One transaction per call, fenced by the consumer group itself (KIP-447); two producers take turns.

    Kafka answers a commit before its markers are written, and refuses the same producer a new transaction until they
    are; librdkafka then waits 20 ms and more. The other producer need not wait. Transactions still never overlap: one
    begins when the outcome of the one before is known.
    """

    commits_positions = True

    def __init__(self, config: Mapping[str, Any], transactional_id: str, transaction_timeout_ms: int) -> None:
        self._timeout = transaction_timeout_ms / 1000
        # The broker itself aborts what is older than the timeout. librdkafka's calls can outlast the one they are
        # given (send_offsets_to_transaction did, for minutes, when a coordinator came back at the wrong moment).
        self.patience = 1.5 * self._timeout
        settings = {
            **config,
            "transaction.timeout.ms": transaction_timeout_ms,
            "message.timeout.ms": transaction_timeout_ms,
            "message.max.bytes": MAX_ASIDE_BYTES,
            "linger.ms": 0,
            "retry.backoff.ms": 5,
            "retry.backoff.max.ms": 100,
            "queue.buffering.max.messages": 1_000_000,
            "batch.num.messages": 20_000,
            "batch.size": 1_000_000,
            "compression.type": "lz4",
        }
        self._producers = deque(
            Producer({**settings, "transactional.id": f"{transactional_id}-{number}"}) for number in range(2)
        )

    def open(self) -> None:
        """Register the transactional ids with their coordinators."""
        for producer in self._producers:
            self._call(partial(producer.init_transactions, self._timeout), "init_transactions")

    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:
        """Alerts, what is set aside, sections and positions: all visible together, or none."""
        offsets = _offsets(flushes)
        metadata: Any = membership.metadata()
        producer = self._producers[0]
        send_offsets = partial(producer.send_offsets_to_transaction, offsets, metadata, self._timeout)
        try:
            self._call(producer.begin_transaction, "begin_transaction")
            self._call(partial(self._produce, producer, flushes), "produce")
            self._call(send_offsets, "send_offsets")
            self._commit(producer)
        except (Aborted, Refused):
            self._call(partial(producer.abort_transaction, self._timeout), "abort_transaction")
            raise
        self._producers.rotate()

    def _produce(self, producer: Producer, flushes: Sequence[Flush]) -> None:
        writer = Writer(producer)
        for flush in flushes:
            writer.produce(in_order([flush], but_last=True), self._timeout)
            # Of the last record alone, the partition's progress, the offset is asked for: the changelog goes on there.
            last = Writer(producer, partial(_note_position, flush))
            last.produce(((flush.partition, output) for output in flush.sections[-1:]), self._timeout)

    def _commit(self, producer: Producer) -> None:
        self._call(partial(producer.commit_transaction, self._timeout), "commit_transaction")

    def _call(self, action: Callable[[], None], name: str) -> None:
        """Run one step of the protocol; a retriable failure is the same call again, within the time limit."""
        deadline = monotonic() + self._timeout
        while True:
            try:
                return action()
            except KafkaException as exc:
                error = exc.args[0]
                text = f"{name}: {error.name()}: {error.str()}"
                if error.fatal():
                    raise OutcomeUnknown(text) from exc
                if error.code() in _REFUSALS:
                    raise Refused(text) from exc
                if error.txn_requires_abort():
                    raise Aborted(text) from exc
                if not error.retriable() or monotonic() > deadline:
                    raise OutcomeUnknown(text) from exc

    def close(self) -> None:
        """Nothing to flush: whatever is in flight belongs to a transaction that will not commit."""
        for producer in self._producers:
            producer.purge()


class AcknowledgedSink:
    """For brokers without transactions: alerts, then sections, then (by the lane) positions, each acknowledged first.

    The sections of a customer go out in one record batch: the linger never elapses by itself, batches are cut between
    customers, and each is flushed. A crash repeats the last flush at most; the views recognise what they applied.
    """

    commits_positions = False

    _BATCH_BYTES = 400_000
    _BATCH_RECORDS = 4_000

    def __init__(self, config: Mapping[str, Any], timeout_ms: int = 30_000) -> None:
        self._timeout = timeout_ms / 1000
        self.patience = 4 * self._timeout
        self._errors: list[KafkaError] = []
        self._producer = Producer(
            {
                **config,
                "message.timeout.ms": timeout_ms,
                "message.max.bytes": MAX_ASIDE_BYTES,
                "acks": "all",
                "linger.ms": timeout_ms // 2,
                "batch.num.messages": 100_000,
                "batch.size": 900_000,
                "max.in.flight.requests.per.connection": 1,
            }
        )
        self._writer = Writer(self._producer, self._delivered)

    def open(self) -> None:
        """Nothing to register."""

    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:  # noqa: ARG002 - nothing fences here
        """All outputs acknowledged, alerts before the sections that tell of them."""
        asides = ((flush.partition, output) for flush in flushes for output in (*flush.alerts, *flush.asides))
        self._writer.produce(asides, self._timeout)
        self._flush()
        for flush in flushes:
            self._write_sections(flush)

    def _write_sections(self, flush: Flush) -> None:
        size, batch = 0, list[tuple[int, Output]]()
        for output in flush.sections:
            batch.append((flush.partition, output))
            size += len(output.key or b"") + len(output.value or b"")
            at_boundary = (output.key or b"").endswith((b"/summary", b"/progress"))
            if at_boundary and (size >= self._BATCH_BYTES or len(batch) >= self._BATCH_RECORDS):
                self._write_batch(batch)
                size, batch = 0, []
        self._write_batch(batch)

    def _write_batch(self, batch: Iterable[tuple[int, Output]]) -> None:
        self._writer.produce(batch, self._timeout)
        self._flush()

    def _delivered(self, error: KafkaError | None, _: Any) -> None:
        if error is not None:
            self._errors.append(error)

    def _flush(self) -> None:
        left = self._producer.flush(self._timeout)
        if left or self._errors:
            raise OutcomeUnknown(f"{left} records unacknowledged; first error: {next(iter(self._errors), None)}")

    def close(self) -> None:
        """Nothing more is written."""
        self._producer.purge()


def _note_position(flush: Flush, error: KafkaError | None, message: Any) -> None:
    if error is None:
        flush.changelog_position = message.offset() + 1


def in_order(flushes: Sequence[Flush], *, but_last: bool = False) -> Iterable[tuple[int, Output]]:
    """(partition, output): alerts, what is set aside, then sections of each flush, without its last one if wanted."""
    for flush in flushes:
        for outputs in (flush.alerts, flush.asides, flush.sections[:-1] if but_last else flush.sections):
            for output in outputs:
                yield flush.partition, output


def _offsets(flushes: Sequence[Flush]) -> list[TopicPartition]:
    """Positions for every partition written for, also unmoved: an empty list would commit unfenced."""
    latest: dict[tuple[str, int], int] = {}
    for flush in flushes:
        if not flush.positions:
            raise OutcomeUnknown(f"a flush of partition {flush.partition} without positions would not be fenced")
        for topic, position in flush.positions.items():
            latest[topic, flush.partition] = position
    return [TopicPartition(topic, partition, position) for (topic, partition), position in latest.items()]

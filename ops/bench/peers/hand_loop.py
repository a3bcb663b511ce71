"""The peer: a loop over confluent-kafka without any framework, as somebody would write it who knows the client well.

Views are held in memory and encoded whole (one JSON per customer) once per batch in which they changed. A batch is up
to 4,000 records; while one is written (changelog and alerts acknowledged, Redis in one MSET, then the positions
committed), the next is folded. Mode `same` or `simple` (see `works`), and after a `/` `at_least_once` or
`exactly_once`: a Kafka transaction per batch, Redis after it.
"""

import signal
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, Final

import orjson
import redis
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from ops.bench.peers.banking import JOB_TOPICS
from ops.bench.peers.program import VIEW_KEY, Program, told
from ops.bench.peers.works import Batch, SameWork, SimpleWork, Work

BATCH: Final = 4_000
WAIT_SECONDS: Final = 0.02
SETTLE_SECONDS: Final = 30.0


class Job:
    """The work and the two clients."""

    def __init__(self, program: Program) -> None:
        work, _, guarantee = program.mode.partition("/")
        self._program = program
        self._work: Work = SameWork() if work == "same" else SimpleWork()
        self._exactly_once = guarantee == "exactly_once"
        self._writing: Future[list[TopicPartition]] | None = None
        self._redis: Any = redis.Redis.from_url(program.redis_url)
        self._consumer = Consumer(_consumer_settings(program))
        self._producer = Producer(_producer_settings(program, self._exactly_once))
        if self._exactly_once:
            self._producer.init_transactions(SETTLE_SECONDS)
        self._consumer.subscribe(list(JOB_TOPICS))

    def run(self, stop: Event) -> None:
        """Until stopped; whatever fails in writing a batch ends the program."""
        with ThreadPoolExecutor(1) as writer:
            while not stop.is_set():
                messages = self._consumer.consume(BATCH, WAIT_SECONDS)
                batch = self._work.fold(messages) if messages else None
                if batch is not None or (self._writing is not None and self._writing.done()):
                    self._settle()
                if batch is not None:
                    views = {number: orjson.dumps(view) for number, view in batch.changed.items()}
                    self._writing = writer.submit(self._write, batch, views, self._consumer.consumer_group_metadata())
            self._settle()
        self._consumer.close()

    def _settle(self) -> None:
        """Wait until the batch that is being written is, and commit its positions.

        Here and not in the writer's thread: a call into the consumer waits there for as long as this one polls.
        """
        if self._writing is None:
            return
        positions = self._writing.result()
        self._writing = None
        if not self._exactly_once:
            self._consumer.commit(offsets=positions, asynchronous=True)

    def _write(self, batch: Batch, views: dict[str, bytes], group: Any) -> list[TopicPartition]:
        """The changelog, alerts and dead letters, with transactions the positions too; Redis; the positions."""
        positions = [TopicPartition(topic, number, at) for (topic, number), at in batch.positions.items()]
        if self._exactly_once:
            self._producer.begin_transaction()
        self._produce(batch, views)
        if self._exactly_once:
            self._producer.send_offsets_to_transaction(positions, group)
            self._producer.commit_transaction(SETTLE_SECONDS)
        elif self._producer.flush(SETTLE_SECONDS):
            raise RuntimeError("Kafka did not acknowledge a batch")
        self._set(views)
        return positions

    def _produce(self, batch: Batch, views: dict[str, bytes]) -> None:
        program, produce = self._program, self._producer.produce
        for number, view in views.items():
            produce(program.views, view, number)
        for number, alert in batch.alerts:
            produce(program.alerts, alert, number)
        for message in batch.dead:
            produce(program.dead_letters, message.value(), message.key())

    def _set(self, views: dict[str, bytes]) -> None:
        if views:
            self._redis.mset({f"{VIEW_KEY}{number}": view for number, view in views.items()})


def _consumer_settings(program: Program) -> dict[str, Any]:
    return {
        "bootstrap.servers": program.bootstrap,
        "group.id": program.app_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "fetch.wait.max.ms": 10,
        "on_commit": _expect_committed,
        "log_level": 3,
    }


def _expect_committed(error: KafkaError | None, _positions: list[TopicPartition]) -> None:
    if error is not None:
        raise KafkaException(error)


def _producer_settings(program: Program, exactly_once: bool) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "bootstrap.servers": program.bootstrap,
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        "batch.num.messages": BATCH,
        "queue.buffering.max.messages": 500_000,
        "log_level": 3,
    }
    if exactly_once:
        settings["transactional.id"] = program.app_id
    return settings


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    Job(told()).run(stop)


if __name__ == "__main__":
    main()

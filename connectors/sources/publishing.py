"""Publishing events: idempotent, keyed by customer number, partitioned as every other producer of the bank does."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.brokers import Kafka, client_of
from connectors.sources.errors import SourceError
from connectors.sources.ordering import OutgoingEvent
from connectors.sources.stepping import in_step

__all__ = ["Published", "create_producer", "expect_topics", "publish"]

_UNDELIVERED_AFTER_MS: Final = 60_000
_REPORT_EVERY: Final = 500
_CAUGHT_UP_S: Final = 0.1
_AGAIN: Final = "run it again once Kafka is well: event ids are derived, so nothing is counted twice"


def create_producer(bootstrap: Kafka, **overrides: Any) -> Producer:
    """An idempotent producer whose partitioner is Java's default for keyed records, murmur2.

    Order within a partition survives its retries; librdkafka retries a record for a minute before it gives it up.
    """
    settings: dict[str, Any] = {
        "client.id": "c360-ingest",
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        "delivery.timeout.ms": _UNDELIVERED_AFTER_MS,
    }
    return Producer(client_of(bootstrap, settings | overrides))


def expect_topics(producer: Producer, topics: Iterable[str], bootstrap: Kafka, timeout: float = 5.0) -> None:
    """SourceError when Kafka does not answer or a topic is not there: a broker must not create one by accident."""
    try:
        found = producer.list_topics(timeout=timeout).topics
    except KafkaException as error:
        raise SourceError(
            f"Kafka at {bootstrap} does not answer ({_words(error.args[0])}): start it, or correct its address."
        ) from None
    absent = sorted(set(topics) - set(found))
    if absent:
        raise SourceError(f"Kafka at {bootstrap} has no topic {', '.join(absent)}: run `c360 topics create` first.")


@dataclass(slots=True)
class Published:
    """How far a publication is; handed to `on_progress` and returned at the end."""

    events: int = 0
    """Handed to the producer."""
    acknowledged: int = 0
    undelivered: int = 0
    by_topic: dict[str, int] = field(default_factory=dict)
    """Acknowledged ones."""


def publish(
    events: Iterable[OutgoingEvent],
    producer: Producer,
    rate: float | None = None,
    on_progress: Callable[[Published], None] = lambda _published: None,
    now: Callable[[], float] = time.monotonic,
    *,
    stepwise: bool = False,
) -> Published:
    """Publish in the order given, at most `rate` a second; returns when all are acknowledged by all in-sync replicas.

    `stepwise`: all of an instant is acknowledged before anything of a later one is sent. A full queue waits for the
    broker. SourceError soon after one event was given up; what waits in the queue then is thrown away, what was
    acknowledged is in Kafka, and publishing all again is safe.
    """
    delivery = _Delivery()
    published = delivery.published
    if stepwise:
        events = in_step(events, partial(_drain, producer, delivery))
    pace = _Pace(rate, now)
    try:
        for event in events:
            pace.wait(producer)
            _produce(producer, event, delivery.report)
            published.events += 1
            if published.events % _REPORT_EVERY == 0:
                producer.poll(0)
                delivery.expect_none_lost()
                on_progress(published)
        _drain(producer, delivery)
    except SourceError:
        producer.purge()
        raise
    on_progress(published)
    return published


def _produce(producer: Producer, event: OutgoingEvent, on_delivery: Callable[[Any, Any], None]) -> None:
    while True:
        try:
            producer.produce(event.topic, value=event.value, key=event.key, on_delivery=on_delivery)
        except BufferError:
            # librdkafka's queue is full: the broker sets the pace.
            producer.poll(0.1)
        except KafkaException as error:
            raise SourceError(f"Kafka refuses {event.type} {event.event_id}: {_words(error.args[0])}.") from None
        else:
            return


def _drain(producer: Producer, delivery: "_Delivery") -> None:
    # Every record is acknowledged or given up within delivery.timeout.ms, so this ends.
    while producer.flush(1.0) > 0:
        delivery.expect_none_lost()
    delivery.expect_none_lost()


class _Delivery:
    """Counts what the broker acknowledged and what librdkafka gave up."""

    def __init__(self) -> None:
        self.published = Published()
        self._first: str | None = None

    def report(self, error: KafkaError | None, message: Message) -> None:
        """The delivery report of one record."""
        topic = message.topic() or ""
        if error is None:
            self.published.acknowledged += 1
            self.published.by_topic[topic] = self.published.by_topic.get(topic, 0) + 1
            return
        self.published.undelivered += 1
        if self._first is None:
            self._first = f"first one of {topic}: {_words(error)}"

    def expect_none_lost(self) -> None:
        """SourceError when a record was given up."""
        if self.published.undelivered:
            raise SourceError(
                f"Kafka did not take {self.published.undelivered} of {self.published.events} events ({self._first}): "
                f"{_AGAIN}."
            )


class _Pace:
    """Spreads events evenly; waiting serves delivery reports."""

    def __init__(self, rate: float | None, now: Callable[[], float]) -> None:
        self._gap = 1.0 / rate if rate else 0.0
        self._now = now
        self._due = now()

    def wait(self, producer: Producer) -> None:
        """Wait until the next event is due."""
        if not self._gap:
            return
        while (left := self._due - self._now()) > 0:
            producer.poll(left)
        # A pause, such as the time the reading took, is made up for in small part only: `rate` is what Kafka can bear.
        self._due = max(self._due, self._now() - _CAUGHT_UP_S) + self._gap


def _words(error: KafkaError) -> str:
    return str(error.str())

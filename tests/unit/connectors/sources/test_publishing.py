"""What publishing does without a broker: pace, steps, and what becomes of a record that was given up."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.sources.errors import SourceError
from connectors.sources.ordering import OutgoingEvent
from connectors.sources.publishing import Published, publish

TOPIC = "account-changes"
FIRST = datetime(2020, 1, 1, tzinfo=UTC)


class Report:
    """The message of a delivery report."""

    def topic(self) -> str:
        return TOPIC


class OneBroker:
    """Stands for librdkafka's producer and for time, which passes only while it is polled or works."""

    def __init__(self, *, room: int = 1_000_000, gives_up: str | None = None, works: float = 0.0) -> None:
        self.time = 0.0
        self.sent: list[tuple[str, float]] = []
        self.log: list[str] = []
        self.purged = False
        self._room = room
        self._gives_up = gives_up
        self._works = works
        self._waiting: list[tuple[str, Callable[[Any, Any], None]]] = []

    def now(self) -> float:
        return self.time

    def produce(self, _topic: str, value: bytes, key: str, on_delivery: Callable[[Any, Any], None]) -> None:
        if len(self._waiting) >= self._room:
            raise BufferError
        if value == b"too large":
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        self.time += self._works
        self.sent.append((key, self.time))
        self.log.append(key)
        self._waiting.append((key, on_delivery))

    def poll(self, timeout: float) -> int:
        self.time += timeout
        return self._acknowledge()

    def flush(self, _timeout: float) -> int:
        self._acknowledge()
        self.log.append("flushed")
        return 0

    def purge(self) -> None:
        self.purged = True

    def _acknowledge(self) -> int:
        reports, self._waiting = self._waiting, []
        for key, report in reports:
            report(KafkaError(KafkaError._MSG_TIMED_OUT) if key == self._gives_up else None, Report())
        return len(reports)


def events(*keys: str, days: int = 0) -> Iterator[OutgoingEvent]:
    for number, key in enumerate(keys):
        order = (FIRST + timedelta(days=days * number), 0, 0, number)
        yield OutgoingEvent(order, TOPIC, key, b"too large" if key == "large" else b"{}", key, "account.opened")


def published(broker: OneBroker, *keys: str, **options: Any) -> Published:
    return publish(events(*keys), cast("Producer", broker), now=broker.now, **options)


def test_all_is_acknowledged_and_counted_by_topic() -> None:
    told = published(OneBroker(), "a", "b", "c")
    assert (told.events, told.acknowledged, told.undelivered, told.by_topic) == (3, 3, 0, {TOPIC: 3})


def test_a_full_queue_waits_for_the_broker() -> None:
    broker = OneBroker(room=2)
    assert published(broker, *map(str, range(9))).acknowledged == 9
    assert [key for key, _ in broker.sent] == list(map(str, range(9)))


def test_a_rate_spreads_events_evenly() -> None:
    broker = OneBroker()
    published(broker, *map(str, range(11)), rate=10.0)
    assert [round(at, 6) for _, at in broker.sent] == [round(number / 10, 6) for number in range(11)]


def test_the_time_that_reading_took_is_not_made_up_for_by_a_burst() -> None:
    broker = OneBroker()

    def slow_to_begin() -> Iterator[OutgoingEvent]:
        broker.time += 60
        yield from events(*map(str, range(100)))

    publish(slow_to_begin(), cast("Producer", broker), 10.0, now=broker.now)
    assert sum(at < 61 for _, at in broker.sent) <= 12


def test_without_a_rate_nothing_waits() -> None:
    broker = OneBroker()
    published(broker, *map(str, range(2_000)))
    assert broker.time == 0


def test_stepwise_all_of_an_instant_is_acknowledged_before_the_next_is_sent() -> None:
    broker = OneBroker()
    publish(events("a", "b", days=1), cast("Producer", broker), now=broker.now, stepwise=True)
    assert broker.log == ["a", "flushed", "b", "flushed"]


def test_stepwise_nothing_of_a_later_instant_follows_a_record_given_up() -> None:
    broker = OneBroker(gives_up="a")
    with pytest.raises(SourceError):
        publish(events("a", "b", days=1), cast("Producer", broker), now=broker.now, stepwise=True)
    assert [key for key, _ in broker.sent] == ["a"]


def test_a_record_given_up_is_told_with_what_to_do_and_the_queue_is_thrown_away() -> None:
    broker = OneBroker(gives_up="b")
    with pytest.raises(SourceError, match=r"did not take 1 of 3 events \(first one of account-changes: .*run it again"):
        published(broker, "a", "b", "c")
    assert broker.purged


def test_a_record_given_up_in_mid_way_ends_the_publication_soon() -> None:
    broker = OneBroker(gives_up="7")
    with pytest.raises(SourceError, match="did not take 1 of 500 events"):
        published(broker, *map(str, range(5_000)))
    assert len(broker.sent) == 500


def test_a_record_that_kafka_refuses_at_once_is_named() -> None:
    with pytest.raises(SourceError, match=r"Kafka refuses account\.opened large: "):
        published(OneBroker(), "a", "large")


def test_progress_is_told_on_the_way_and_at_the_end() -> None:
    seen: list[int] = []
    published(OneBroker(), *map(str, range(1_200)), on_progress=lambda told: seen.append(told.acknowledged))
    assert seen == [500, 1_000, 1_200]

"""The alert topics as the delivery reads them: in a group, committed records, positions moved when all is settled."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from connectors.brokers import Kafka, client_of, in_words, onlooker_of
from connectors.errors import Unavailable
from connectors.sinks.parcels import Standing
from connectors.sinks.refused_reads import Refusals
from schemas.alerts import Alert
from schemas.topics import ALERT_TOPICS

__all__ = ["AlertRecords", "records_at"]

logger = logging.getLogger("c360.delivery")

_AT_ONCE: Final = 500
_GATHER_S: Final = 0.2
_ANSWER_S: Final = 10.0
_LOOK_EVERY_S: Final = 2.0
_LOOK_S: Final = 1.0


class AlertRecords:
    """Batches of alert records. What is not committed comes again, to this process or another."""

    def __init__(
        self,
        bootstrap: Kafka,
        group: str,
        session_timeout_ms: int,
        topics: Sequence[str] = ALERT_TOPICS,
        make: Callable[[dict[str, Any]], Consumer] = Consumer,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._positions: dict[tuple[str, int], int] = {}
        self._early: list[Message] = []
        self._is_down = self._has_joined = False
        self._where = str(bootstrap)
        self._refusals = Refusals(self._where)
        self._now = now
        self._looks_at = 0.0
        settings: dict[str, Any] = {
            "group.id": group,
            "client.id": "c360-deliverer",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
            "session.timeout.ms": session_timeout_ms,
            "heartbeat.interval.ms": session_timeout_ms // 5,
            "error_cb": self._on_error,
        }
        self._consumer = make(client_of(bootstrap, settings))
        self._consumer.subscribe(list(topics), on_assign=self._on_assign, on_lost=self._on_lost)

    @property
    def is_reading(self) -> bool:
        """Whether the group has let it in (with a partition or without), and Kafka gives all that it is asked for."""
        return self._has_joined and self.serves

    def take(self) -> list[Standing]:
        """What came meanwhile; waits a moment, in which siblings of one cause come together.

        Raises Unavailable, and then has taken nothing: records that came beside an error are handed out first, and the
        error is raised by the next call, when they are settled.
        """
        self._refusals.raise_untold()
        self._consumer.resume(self._consumer.assignment())
        messages = [*self._early, *self._consumer.consume(_AT_ONCE, _GATHER_S)]
        self._early = []
        self._look_again(is_quiet=not messages)
        # In their order: a record that came before its topic was refused does not say that it is given again.
        opened = [self._opened(message) for message in messages if not self._is_refusal(message)]
        # While these are delivered only the membership is kept alive.
        self._consumer.pause(self._consumer.assignment())
        if not opened:
            self._refusals.raise_untold()
        return [standing for standing in opened if standing is not None]

    @property
    def serves(self) -> bool:
        """Whether any broker can be reached, and none refuses a topic or the group."""
        return not self._is_down and not self._refusals

    def stay(self, seconds: float) -> None:
        """Remain a member of the group while a batch is under way."""
        message = self._consumer.poll(seconds)
        if message is not None:
            # A partition that was assigned meanwhile is not paused yet.
            self._early.append(message)
            self._consumer.pause(self._consumer.assignment())

    def commit(self) -> None:
        """All that was taken is settled."""
        positions = [TopicPartition(topic, number, offset) for (topic, number), offset in self._positions.items()]
        self._positions = {}
        if not positions:
            return
        try:
            self._consumer.commit(offsets=positions, asynchronous=False)
        except KafkaException as error:
            logger.warning(
                "Positions could not be committed (%s): what was delivered since may be delivered once more",
                in_words(error.args[0]),
            )

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _on_assign(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._has_joined = True
        self._refusals.let_in()

    def _on_lost(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._has_joined = False

    def _look_again(self, *, is_quiet: bool) -> None:
        """Whether Kafka is back, and topics that it lacked are there: of a bank that is quiet no record says so."""
        if not is_quiet:
            self._is_down = False
        if self.serves or self._now() < self._looks_at:
            return
        try:
            known = self._consumer.list_topics(timeout=_LOOK_S).topics
        except KafkaException:
            return
        finally:
            self._looks_at = self._now() + _LOOK_EVERY_S
        self._is_down = False
        self._refusals.are_there(name for name, found in known.items() if found.error is None)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN and not self._is_down:  # noqa: SLF001  its public name
            self._is_down = True
            logger.warning("Kafka at %s does not answer (%s); waiting for it", self._where, error.str())

    def _is_refusal(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return False
        if error.code() != KafkaError._ALL_BROKERS_DOWN and not error.retriable():  # noqa: SLF001  its public name
            # Who may see a topic may still not be allowed to read it: then it is refused partition by partition.
            forbidden = error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED and message.partition() is not None
            self._refusals.add(message.topic(), in_words(error), is_in_metadata=forbidden)
        return True

    def _opened(self, message: Message) -> Standing | None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None
        assert partition is not None
        assert offset is not None
        self._refusals.gives(topic)
        self._positions[topic, partition] = offset + 1
        return _standing(message)


def records_at(bootstrap: Kafka, places: Iterable[tuple[str, int, int]]) -> dict[tuple[str, int, int], bytes]:
    """The values at (topic, partition, offset), as far as they are kept. Raises Unavailable."""
    consumer = Consumer(onlooker_of(bootstrap, "c360-looks-up", **{"fetch.wait.max.ms": 10}))
    found: dict[tuple[str, int, int], bytes] = {}
    try:
        for place in places:
            value = _record_at(consumer, place)
            if value is not None:
                found[place] = value
    except KafkaException as error:
        raise Unavailable("kafka", in_words(error.args[0])) from error
    finally:
        consumer.close()
    return found


def _record_at(consumer: Consumer, place: tuple[str, int, int]) -> bytes | None:
    topic, partition, offset = place
    begin, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_ANSWER_S)
    if not begin <= offset < end:
        return None
    consumer.assign([TopicPartition(topic, partition, offset)])
    message = consumer.poll(_ANSWER_S)
    if message is None:
        raise Unavailable("kafka", f"{topic} partition {partition} gave no record in {_ANSWER_S:.0f} s")
    # Compaction, or a transaction that was aborted, leaves a gap: then the next record comes.
    return message.value() if message.error() is None and message.offset() == offset else None


def _standing(message: Message) -> Standing | None:
    topic, partition, offset, value = message.topic(), message.partition(), message.offset(), message.value()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    try:
        alert = Alert.model_validate_json(value or b"")
    except ValidationError as invalid:
        logger.error(
            "%s partition %s offset %s is no alert (%s): it is passed over; find who writes there besides the workers",
            topic,
            partition,
            offset,
            invalid.errors()[0]["msg"],
        )
        return None
    return Standing(topic, partition, offset, message.timestamp()[1], value or b"", alert)

"""A control topic: small, compacted, one partition; read whole by everybody, then followed."""

import logging
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.brokers import Kafka, in_words, onlooker_of
from connectors.errors import NoSuchTopic, Unavailable

__all__ = ["ControlRecord", "ControlTopic"]

logger = logging.getLogger("c360.control")

_ANSWER_SECONDS: Final = 20.0
_KNOWN_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.1
_TURN_SECONDS: Final = 0.5
_PORTION_SECONDS: Final = 0.05


class ControlRecord(NamedTuple):
    """A record as it stands in the topic; a value of None ends what the key names."""

    key: bytes | None
    value: bytes | None
    offset: int
    timestamp_ms: int


class ControlTopic:
    """Hands every committed record, in order, to `take`: first all there are, then each as it comes.

    It joins no group and commits nothing. `take` is called in the thread of the caller by `read`, afterwards in the
    thread that `follow` starts; what it raises ends the reading, so it raises nothing for a record that is wrong.
    """

    def __init__(self, bootstrap: Kafka, topic: str, take: Callable[[Sequence[ControlRecord]], None]) -> None:
        """Raises Unavailable when no client can be made, such as with a file of certificates that can't be read."""
        self._topic = topic
        self._where = str(bootstrap)
        self._take = take
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble: str | None = None
        # It stands open for good, and hardly anything comes: Kafka is not to be asked often.
        others = {"fetch.wait.max.ms": 500, "fetch.error.backoff.ms": 100}
        settings = onlooker_of(bootstrap, f"c360-reads-{topic}", **others)
        try:
            self._consumer = Consumer(settings)
        except KafkaException as error:
            raise self._unavailable(in_words(error.args[0])) from error

    def read(self) -> int:
        """Read from the beginning to the end; how many records there were. Raises Unavailable."""
        try:
            # Without the metadata at hand librdkafka looks for the leader once a second only.
            self._find()
            return self._read()
        except KafkaException as error:
            raise self._unavailable(in_words(error.args[0])) from error

    def _read(self) -> int:
        self._consumer.assign([TopicPartition(self._topic, 0, 0)])
        deadline, count = monotonic() + _ANSWER_SECONDS, 0
        while monotonic() < deadline:
            messages = self._consumer.consume(1_000, _PORTION_SECONDS)
            count += self._hand_over(messages)
            if any(_is_end(message) for message in messages):
                return count
        raise self._unavailable(f"topic {self._topic} could not be read to its end in {_ANSWER_SECONDS:.0f} s")

    def _find(self) -> None:
        deadline = monotonic() + _KNOWN_SECONDS
        while True:
            found = self._consumer.list_topics(self._topic, timeout=_ANSWER_SECONDS).topics[self._topic].error
            if found is None or found.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                return
            # One that was made a moment ago is not known to every broker yet.
            if monotonic() > deadline:
                raise NoSuchTopic(self._topic, self._where)
            if self._stop.wait(_LOOK_SECONDS):
                raise self._unavailable(f"the search for topic {self._topic} was stopped")

    def _unavailable(self, reason: str) -> Unavailable:
        return Unavailable("kafka", reason, self._where)

    def follow(self) -> None:
        """From now on hand over what comes, in a thread of its own."""
        self._thread = threading.Thread(target=self._follow, name=f"follows-{self._topic}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following and end the connection."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._consumer.close()

    def _follow(self) -> None:
        while not self._stop.is_set():
            # One at a time: whatever a batch waits for, a change does not.
            message = self._consumer.poll(_TURN_SECONDS)
            if message is not None:
                self._hand_over([message])

    def _hand_over(self, messages: Sequence[Message]) -> int:
        records = [_record(message) for message in messages if message.error() is None]
        for error in (message.error() for message in messages):
            if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  its public name
                self._note(in_words(error))
        if records:
            self._trouble = None
            self._take(records)
        return len(records)

    def _note(self, trouble: str) -> None:
        # librdkafka goes on trying by itself; what was read last stays in force.
        if trouble != self._trouble:
            logger.warning("%s can't be read (%s): trying again, what is known stays in force", self._topic, trouble)
        self._trouble = trouble


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001  its public name


def _record(message: Message) -> ControlRecord:
    offset = message.offset()
    assert offset is not None
    return ControlRecord(_bytes(message.key()), _bytes(message.value()), offset, message.timestamp()[1])


def _bytes(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text

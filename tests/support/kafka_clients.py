"""librdkafka's clients without a broker: what they give, refuse and are told is in the hands of a test."""

from collections import deque
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

__all__ = ["Reader", "Writer", "a_record", "a_refusal"]


def a_record(topic: str, offset: int, value: bytes) -> Message:
    """Of partition 0."""
    return Message(topic=topic, partition=0, offset=offset, value=value, timestamp=(1, 1_795_428_000_000))


def a_refusal(topic: str | None, code: int = KafkaError.UNKNOWN_TOPIC_OR_PART, **stated: Any) -> Message:
    """An error among the records."""
    return Message(topic=topic, error=KafkaError(code, f"Subscribed topic not available: {topic}"), **stated)


class Reader:
    """A consumer in a group of one."""

    def __init__(self, *rounds: Sequence[Message]) -> None:
        self.rounds = deque(rounds)
        self.between: deque[Message] = deque()
        self.committed: dict[str, int] = {}
        self.there: set[str] = set()
        self.is_paused = False
        self.on_end: Callable[[], object] = lambda: None
        self.on_lost: Callable[..., None] = lambda *_: None
        self.on_assign: Callable[..., None] = lambda *_: None

    def __call__(self, _settings: dict[str, Any]) -> Consumer:
        client: Any = self
        return client  # type: ignore[no-any-return]

    def subscribe(self, _topics: list[str], on_assign: Callable[..., None], on_lost: Callable[..., None]) -> None:
        self.on_assign, self.on_lost = on_assign, on_lost
        on_assign(self, [])

    def consume(self, _most: int, _seconds: float) -> Sequence[Message]:
        if not self.rounds:
            self.on_end()
            return []
        return self.rounds.popleft()

    def poll(self, _seconds: float) -> Message | None:
        return self.between.popleft() if self.between else None

    def commit(self, offsets: list[TopicPartition], *, asynchronous: bool) -> None:
        assert not asynchronous
        self.committed.update({at.topic: at.offset for at in offsets})

    def list_topics(self, **_: Any) -> Any:
        return SimpleNamespace(topics={name: SimpleNamespace(error=None) for name in self.there})

    def assignment(self) -> list[TopicPartition]:
        return []

    def pause(self, _partitions: list[TopicPartition]) -> None:
        self.is_paused = True

    def resume(self, _partitions: list[TopicPartition]) -> None:
        self.is_paused = False

    def close(self) -> None: ...


class Writer:
    """A producer that fails as it is told: the reports of its next records, a refusal to take them, or silence."""

    def __init__(self) -> None:
        self.failures: deque[KafkaError] = deque()
        self.refusals: deque[KafkaError] = deque()
        self.is_silent = False
        self.written: list[str] = []
        self._waiting: list[tuple[str, Callable[..., None]]] = []

    @property
    def client(self) -> Producer:
        client: Any = self
        return client  # type: ignore[no-any-return]

    def produce(self, _topic: str, value: str, _key: str, on_delivery: Callable[..., None]) -> None:
        if self.refusals:
            raise KafkaException(self.refusals.popleft())
        self._waiting.append((value, on_delivery))

    def poll(self, _seconds: float) -> int:
        return 0

    def flush(self, _seconds: float) -> int:
        if self.is_silent:
            return len(self._waiting)
        waiting, self._waiting = self._waiting, []
        for value, told in waiting:
            error = self.failures.popleft() if self.failures else None
            if error is None:
                self.written.append(value)
            told(error, None)
        return 0

    def list_topics(self, **_: Any) -> None: ...

"""What is not committed yet, told from what a scripted broker holds; on a real one in tests/integration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors.unread import Unread


@dataclass
class Told:
    """A message as the client hands it out."""

    at: int
    told: KafkaError | None

    def topic(self) -> str:
        return "inputs"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def error(self) -> KafkaError | None:
        return self.told


class Broker:
    """A partition whose records stand at `records` and which ends at `end`; counts how often it is looked into."""

    def __init__(self, records: Sequence[int], end: int) -> None:
        self.records = records
        self.end = end
        self.looks = 0
        self._position = 0

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        self.looks += 1
        self._position = partitions[0].offset

    def unassign(self) -> None:
        """Nothing is kept."""

    def poll(self, _timeout: float) -> Told:
        there = [at for at in self.records if at >= self._position]
        return Told(there[0], None) if there else Told(self.end, KafkaError(KafkaError._PARTITION_EOF))

    def missing(self, unread: Unread, committed: int, high: int | None = None) -> int:
        position = TopicPartition("inputs", 0, committed)
        return unread.of(cast("Consumer", self), position, 0, self.end if high is None else high)


def test_a_marker_alone_is_found_at_the_second_look_and_looked_into_once() -> None:
    unread, broker = Unread(), Broker([0], end=2)
    assert [broker.missing(unread, committed=1) for _ in range(4)] == [1, 0, 0, 0]
    assert broker.looks == 1


def test_a_record_after_the_marker_is_missing_until_it_is_committed() -> None:
    unread, broker = Unread(), Broker([0], end=2)
    assert [broker.missing(unread, committed=1) for _ in range(2)] == [1, 0]
    broker.records, broker.end = [0, 2], 3
    assert [broker.missing(unread, committed=1) for _ in range(3)] == [2, 2, 2]
    assert broker.missing(unread, committed=3) == 0


def test_before_a_transaction_that_is_not_decided_what_is_missing_stays_so_and_is_looked_into_again() -> None:
    unread, broker = Unread(), Broker([0], end=1)
    assert [broker.missing(unread, committed=1, high=3) for _ in range(3)] == [2, 2, 2]
    assert broker.looks == 2


def test_a_backlog_and_a_position_that_moves_are_not_looked_into() -> None:
    unread, broker = Unread(), Broker([], end=1000)
    assert [broker.missing(unread, committed=at) for at in (-1001, 0, 0, 950, 960)] == [1000, 1000, 1000, 50, 40]
    assert broker.looks == 0

"""How far workers are behind, by a Kafka that does not always answer; by a real one: tests/integration/test_unread."""

from collections.abc import Iterable, Iterator, Sequence

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from connectors.group_ends import Ends, Standing
from connectors.sinks.worker_lag import WorkerLag


class Scripted:
    """Each look finds (position, end) of one partition; None: Kafka does not answer; "": the group is not known."""

    def __init__(self, found: Iterable[tuple[int, int] | str | None]) -> None:
        self._found = iter(found)

    def of(self, topics: Sequence[str]) -> Ends | None:
        found = next(self._found)
        if found is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        if isinstance(found, str):
            return None
        position, end = found
        return {topic: [Standing(TopicPartition(topic, 0, position), 0, end)] for topic in topics}

    def unread(self, standing: Standing) -> int:
        return max(0, standing.high - standing.position.offset)

    def close(self) -> None:
        """As `GroupEnds`."""


def told(*found: tuple[int, int] | str | None, every_s: float = 2.0) -> Iterator[int | None]:
    """What is said after each look."""
    at = [0.0]
    lag = WorkerLag(Scripted(found), ["account-changes"], lambda: at[0])
    for _ in found:
        lag.look()
        yield lag.behind()
        at[0] += every_s


def test_workers_that_keep_up_are_not_behind_though_some_events_are_always_under_way() -> None:
    assert list(told((0, 0), (90, 100), (190, 200), (290, 300))) == [0, 0, 0, 0]


def test_workers_that_are_down_are_behind_from_the_second_look_on() -> None:
    assert list(told((10, 10), (10, 110), (10, 210), (10, 210))) == [0, 0, 100, 200]


def test_at_the_first_look_all_that_is_not_folded_counts() -> None:
    assert next(told((10, 50))) == 40


def test_after_looks_that_failed_all_that_is_not_folded_counts() -> None:
    assert list(told((10, 10), None, (10, 500), (10, 600))) == [0, None, 490, 490]
    assert list(told((10, 10), "", (10, 500))) == [0, None, 490]


def test_after_a_look_that_took_long_all_that_is_not_folded_counts() -> None:
    assert list(told((10, 10), (10, 500), every_s=6.0)) == [0, 490]

"""What a take-over reads, keeps and refuses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import orjson
import pytest
from prometheus_client import CollectorRegistry

from ops.metrics import WorkerMetrics
from schemas.topics import CUSTOMER_VIEWS, INPUT_TOPICS
from schemas.views import STATE_FORMAT
from streams.codec import Door
from streams.folding import PartitionConfig
from streams.lane.positions import BrokerReader, RecoveryStopped
from streams.lane.sinks import OutcomeUnknown
from streams.lane.takeover import TakeOver
from streams.partition import Partition
from streams.state import NewerState
from streams.stores.memory import MemoryStore
from streams.stores.port import Restore
from tests.support import builders

ACCOUNTS = "account-changes"
SUMMARY = b'{"due_on":null}'


class Broker:
    """A changelog of one partition, and what the group and the inputs are said to hold."""

    ends_are_exact = True

    def __init__(self) -> None:
        self.log: list[tuple[bytes, bytes | None]] = []
        self.log_begin = 0
        self.position: int | None = None
        self.input_end = 100
        self.stop_after: int | None = None
        self.read_from: list[int] = []

    def committed(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        return dict.fromkeys(partitions, self.position)

    def begins(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return {tp: self.log_begin if tp[0] == CUSTOMER_VIEWS else 0 for tp in partitions}

    def ends(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return {tp: len(self.log) if tp[0] == CUSTOMER_VIEWS else self.input_end for tp in partitions}

    def read(
        self,
        _topic: str,
        starts: Mapping[int, int],
        _ends: Mapping[int, int],
        restore: Mapping[int, Restore],
        on_progress: Callable[[Mapping[int, int], Mapping[int, int]], None],
    ) -> None:
        self.read_from.append(starts[0])
        for offset in range(starts[0], len(self.log)):
            if self.stop_after == offset:
                raise RecoveryStopped
            key, value = self.log[offset]
            restore[0]([key], [value])
            on_progress({0: 1}, {0: offset + 1})

    def close(self) -> None: ...

    def write(self, customer_id: str, summary: bytes = SUMMARY) -> None:
        self.log.append((f"{customer_id}/summary".encode(), summary))

    def progress(self, applied: int, topic_id: str = "id", **more: Any) -> None:
        counts = {"folded": applied + 1, "late": 0, "dead": 0}
        told = {"clock_at": None, "counts": counts, "applied": {ACCOUNTS: [topic_id, applied]}, **more}
        self.log.append((b"$partition-0/progress", orjson.dumps(told)))


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def take_over(broker: Broker) -> TakeOver:
    config = PartitionConfig(
        rules=builders.some_rules(),
        door=Door(),
        topic_ids=dict.fromkeys(INPUT_TOPICS, "id"),
    )
    reader = cast("BrokerReader", broker)
    metrics = WorkerMetrics(CollectorRegistry())
    return TakeOver(config, lambda _should_stop: reader, metrics)


def taken(take_over: TakeOver, *numbers: int) -> tuple[dict[int, Partition], int]:
    return take_over.run(numbers or (0,), lambda: False)


def test_a_partition_that_is_kept_is_read_on_from_where_it_was(broker: Broker, take_over: TakeOver) -> None:
    broker.write("C1")
    broker.progress(applied=4)
    first, records = taken(take_over)
    assert records == 2
    broker.write("C2")
    second, records = taken(take_over)
    assert records == 1
    assert second[0] is first[0]
    assert sorted(second[0].customers) == ["C1", "C2"]


class AskedStore(MemoryStore):
    """Counts how often all deadlines were looked at: at a million customers that takes seconds."""

    asked = 0

    def deadlines(self) -> Iterator[tuple[str, bytes]]:
        """As it is, and counted."""
        self.asked += 1
        return super().deadlines()


def test_the_deadlines_of_a_partition_that_is_kept_are_queued_anew_only_if_something_was_restored(
    broker: Broker, take_over: TakeOver
) -> None:
    store = AskedStore()
    take_over.store_of = lambda _number: store
    broker.write("C1")
    taken(take_over)
    taken(take_over)
    assert store.asked == 1
    broker.write("C2")
    taken(take_over)
    assert store.asked == 2


def test_a_partition_given_away_in_between_is_read_from_the_start(broker: Broker, take_over: TakeOver) -> None:
    broker.write("C1")
    taken(take_over)
    take_over.run([], lambda: False)
    taken(take_over)
    assert broker.read_from == [0, 0]


def test_what_is_ahead_of_what_was_committed_is_forgotten_and_read_again(broker: Broker, take_over: TakeOver) -> None:
    broker.write("C1")
    first, _ = taken(take_over)
    first[0].customers.put("C9", "summary", SUMMARY)
    take_over.forget()
    second, _ = taken(take_over)
    assert sorted(second[0].customers) == ["C1"]


def test_a_recovery_stopped_in_its_middle_goes_on_there(broker: Broker, take_over: TakeOver) -> None:
    for number in range(5):
        broker.write(f"C{number}")
    broker.stop_after = 3
    with pytest.raises(RecoveryStopped):
        taken(take_over)
    broker.stop_after = None
    partitions, records = taken(take_over)
    assert (len(partitions[0].customers), records) == (5, 2)


@pytest.mark.parametrize(("log_begin", "records"), [(0, 1), (2, 3)])
def test_what_contradicts_the_changelog_is_dropped_and_read_again(
    broker: Broker, take_over: TakeOver, log_begin: int, records: int
) -> None:
    first, _ = taken(take_over)
    # Beyond its end, as of a changelog made anew; or before its beginning, when a deletion may have been missed.
    first[0].customers.restored(50 if log_begin == 0 else 1)
    first[0].customers.put("gone", "summary", SUMMARY)
    for number in range(log_begin + records):
        broker.write(f"C{number}")
    broker.log_begin = log_begin
    second, read = taken(take_over)
    assert (read, len(second[0].customers)) == (records, records)


def test_folding_goes_on_after_what_the_views_hold(broker: Broker, take_over: TakeOver) -> None:
    broker.progress(applied=41)
    partitions, _ = taken(take_over)
    assert partitions[0].state.positions[ACCOUNTS] == 42


def test_what_a_topic_had_that_was_created_again_does_not_count(broker: Broker, take_over: TakeOver) -> None:
    broker.progress(applied=41, topic_id="the one before")
    broker.position = 42
    partitions, _ = taken(take_over)
    assert partitions[0].state.positions[ACCOUNTS] == 0


def test_positions_over_a_changelog_without_progress_are_refused(broker: Broker, take_over: TakeOver) -> None:
    broker.position = 7
    with pytest.raises(OutcomeUnknown, match="the changelog was lost or recreated"):
        taken(take_over)


def test_views_that_are_ahead_of_their_input_are_refused(broker: Broker, take_over: TakeOver) -> None:
    broker.progress(applied=100)
    with pytest.raises(OutcomeUnknown, match=r"up to offset 100, but that topic ends at 100: it lost records"):
        taken(take_over)


def test_views_of_a_newer_version_are_refused(broker: Broker, take_over: TakeOver) -> None:
    broker.progress(applied=1, format=STATE_FORMAT + 1)
    with pytest.raises(NewerState, match="upgrade this worker"):
        taken(take_over)

"""What a take-over does where there is more than one generation of the views."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest

from schemas.generations import GENERATIONS_KEY, ViewGenerations, views_topic
from schemas.topics import INPUT_TOPICS, VIEW_GENERATIONS
from schemas.views import STATE_FORMAT
from streams.codec import Door
from streams.lane.generations import Generations, NotInForce, OtherFormat
from streams.lane.positions import BrokerReader, RecoveryStopped
from streams.partition import Partition, PartitionConfig
from streams.stores.port import Restore
from tests.support import builders

IDS = dict.fromkeys(INPUT_TOPICS, "id")


def standing(in_force: int, other: int | None, switches: int) -> bytes:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    value = ViewGenerations(
        in_force=in_force, other=other, newest=2, switches=switches, changed_by="tests", changed_at=at
    )
    return value.model_dump_json().encode()


@dataclass
class Broker:
    """Topics of one partition, the positions of every group, and who belongs to the other one."""

    logs: dict[str, list[tuple[bytes, bytes | None]]] = field(default_factory=dict)
    position: int | None = None
    members_left: list[list[str]] = field(default_factory=list)
    read_topics: list[str] = field(default_factory=list)

    def committed(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        self.read_topics.append("positions")
        return dict.fromkeys(partitions, self.position)

    def members(self) -> list[str]:
        return self.members_left.pop(0) if self.members_left else []

    def begins(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return dict.fromkeys(partitions, 0)

    def ends(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        return {(topic, number): len(self.logs.get(topic, ())) for topic, number in partitions}

    def read(
        self,
        topic: str,
        _starts: Mapping[int, int],
        _ends: Mapping[int, int],
        restore: Mapping[int, Restore],
        _on_progress: Callable[[Mapping[int, int], Mapping[int, int]], None],
    ) -> None:
        self.read_topics.append(topic)
        for key, value in self.logs.get(topic, ()):
            restore[0]([key], [value])

    def close(self) -> None:
        """Nothing to let go of."""


def progress(**told: Any) -> tuple[bytes, bytes]:
    counts = {"folded": 3, "late": 0, "dead": 0}
    return b"$partition-0/progress", orjson.dumps(
        {"clock_at": None, "counts": counts, "applied": {}, "format": STATE_FORMAT, **told}
    )


def succeed(
    broker: Broker,
    number: int,
    *,
    builds: bool = False,
    log: Sequence[tuple[bytes, bytes]] = (),
    should_stop: Callable[[], bool] = lambda: False,
) -> Partition:
    """Take partition 0 over in that generation, restored from `log`."""
    config = PartitionConfig(rules=builders.some_rules(), door=Door(), topic_ids=IDS, generation=number)
    partition = Partition(0, config)
    partition.restorer()([key for key, _ in log], [value for _, value in log])
    reader = cast("BrokerReader", broker)
    generations = Generations(number, lambda _generation, _stop: reader, IDS, builds=builds)
    generations.succeed(reader, {0: partition}, should_stop)
    partition.recovered(dict.fromkeys(INPUT_TOPICS, 0))
    return partition


def test_where_there_never_was_a_second_generation_nothing_is_silent() -> None:
    assert not succeed(Broker(), 1).is_silent


def test_a_generation_that_is_built_is_silent_up_to_what_the_one_in_force_has_committed() -> None:
    broker = Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(1, 2, 0))]}, position=7)
    assert succeed(broker, 2, builds=True).is_silent
    assert broker.read_topics == [VIEW_GENERATIONS, "positions"]


def test_the_one_in_force_goes_on_while_another_is_built() -> None:
    assert not succeed(Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(1, 2, 0))]}), 1).is_silent


@pytest.mark.parametrize(("number", "other"), [(1, 1), (3, 1), (1, None)])
def test_who_joined_for_a_generation_that_is_not_in_force_any_more_folds_nothing(
    number: int, other: int | None
) -> None:
    with pytest.raises(NotInForce):
        succeed(Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(2, other, 1))]}), number)


def test_the_newest_record_counts() -> None:
    records = [(GENERATIONS_KEY, standing(1, 2, 0)), (b"another key", b"{}"), (GENERATIONS_KEY, standing(2, 1, 1))]
    with pytest.raises(NotInForce):
        succeed(Broker({VIEW_GENERATIONS: [*records]}), 1)


def test_a_record_that_says_nothing_stops_everybody() -> None:
    with pytest.raises(NotInForce, match="can't be read"):
        succeed(Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, b"{}")]}), 1)


def test_positions_and_views_are_read_only_when_the_other_group_has_no_member_any_more() -> None:
    broker = Broker(
        {VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(2, 1, 1))], views_topic(1): [progress()]},
        position=3,
        members_left=[["c360-worker@/10.0.0.7"], ["c360-worker@/10.0.0.7"]],
    )
    partition = succeed(broker, 2)
    assert broker.members_left == []
    assert broker.read_topics == [VIEW_GENERATIONS, "positions", views_topic(1)]
    assert partition.is_silent


def test_a_wait_for_the_other_group_ends_with_the_take_over() -> None:
    broker = Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(2, 1, 1))]}, members_left=[["one"]] * 2)
    with pytest.raises(RecoveryStopped):
        succeed(broker, 2, should_stop=lambda: True)


def test_what_followed_the_switch_already_is_taken_over_as_ever() -> None:
    broker = Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(2, 1, 1))]})
    assert not succeed(broker, 2, log=[progress(handed_over=1)]).is_silent
    assert broker.read_topics == [VIEW_GENERATIONS]


def test_a_partition_that_the_other_generation_never_raised_alerts_of_goes_on_where_it_was() -> None:
    logs: dict[str, list[tuple[bytes, bytes | None]]] = {
        VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(1, 2, 2))],
        views_topic(2): [progress()],
    }
    partition = succeed(Broker(logs, position=9), 1, log=[progress()])
    flush = partition.fold(100, builders.NOON)
    assert flush is not None
    assert not partition.is_silent
    assert partition.state.handed_over == 2


@pytest.mark.parametrize(("number", "switches"), [(2, 1), (1, 2)])
def test_views_that_were_lost_when_there_is_no_other_generation_any_more_are_folded_again(
    number: int, switches: int
) -> None:
    partition = succeed(Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(number, None, switches))]}), number)
    assert partition.fold(100, builders.NOON) is not None
    assert not partition.is_silent
    assert partition.state.handed_over == switches


def test_while_two_generations_stand_a_worker_of_another_format_serves_neither() -> None:
    older = progress(format=STATE_FORMAT - 1)
    two = Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(1, 2, 2))]})
    with pytest.raises(OtherFormat, match="state format"):
        succeed(two, 1, log=[older])
    alone = Broker({VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(1, None, 0))]})
    assert not succeed(alone, 1, log=[older]).is_silent


def test_what_a_later_version_has_published_is_taken_over_when_it_is_rolled_back() -> None:
    logs: dict[str, list[tuple[bytes, bytes | None]]] = {
        VIEW_GENERATIONS: [(GENERATIONS_KEY, standing(1, 2, 2))],
        views_topic(2): [progress(format=STATE_FORMAT + 1, handed_over=1), (b"C1/alert:1", b"{}")],
    }
    assert succeed(Broker(logs, position=0), 1, log=[progress()]).is_silent

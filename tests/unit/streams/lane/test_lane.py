"""The lane through every revoke, seek, generation change, abort and refusal; transactions end as a test says."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from ops.metrics import WorkerMetrics
from schemas.events import Event
from schemas.topics import INPUT_TOPICS
from streams.flush import Flush
from streams.lane.lane import pause_after
from streams.lane.membership import Membership
from streams.lane.sinks import Aborted, OutcomeUnknown, Refused
from streams.stores.memory import MemoryStore
from streams.stores.port import StoreFailed
from tests.support import builders
from tests.support.lane import LaneRig, Left

ACCOUNTS = TP("account-changes", 0)


def run(scenario: Callable[[LaneRig], Awaitable[None]], **config: Any) -> LaneRig:
    """Play a scenario on a lane."""

    async def play() -> LaneRig:
        async with LaneRig(**config) as rig:
            await scenario(rig)
        return rig

    return asyncio.run(play())


def entries(first: int, count: int) -> Iterator[Event]:
    """Entries of one account, numbered as their offsets."""
    return (builders.an_entry(source_seq=seq, balance_minor=seq) for seq in range(first, first + count))


def test_what_is_fetched_is_folded_and_committed_under_the_membership_of_its_assignment() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 3))
        await rig.until(lambda: rig.noted)

    rig = run(scenario)
    assert rig.sink.offsets == [(0, 3)]
    assert [membership for _, membership in rig.sink.committed] == [Membership("group", 1, "member")]
    assert set(rig.noted) == {TP(topic, 0) for topic in INPUT_TOPICS}


def test_a_flush_keeps_its_membership_though_the_coordinator_is_a_generation_ahead() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.lane.on_assigned(Membership("group", 2, "member"))
        await rig.fetch(0, *entries(0, 1))
        await rig.until(lambda: rig.sink.committed)

    assert [membership.generation for _, membership in run(scenario).sink.committed] == [1]


def test_what_was_fetched_under_another_generation_is_not_folded() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 3))
        await rig.until(lambda: rig.noted)
        await rig.lane.on_revoked()
        await rig.assign(0)
        await rig.fetch(3, *entries(3, 2), generation=1)
        await rig.fetch(3, *entries(3, 1))
        await rig.until(lambda: len(rig.sink.committed) == 2)

    assert run(scenario).sink.offsets == [(0, 3), (0, 4)]


def test_what_was_fetched_before_the_last_seek_is_not_folded() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 3), epoch=rig.epoch - 1)
        await rig.fetch(0, *entries(0, 1))
        await rig.until(lambda: rig.sink.committed)

    assert run(scenario).sink.offsets == [(0, 1)]


def test_what_is_fetched_before_the_lane_hears_of_the_seek_is_folded_all_the_same() -> None:
    # The consumer lives in another thread: a fetch after the seek may come before the seek's own answer.
    async def scenario(rig: LaneRig) -> None:
        rig.generation = 1
        rig.lane.on_assigned(Membership("group", 1, "member"))
        await rig.lane.recover([0], 1)
        rig.fetches = 1
        await rig.fetch(0, *entries(0, 3), epoch=1)
        await rig.perform_seek()
        rig.fetches = 1
        await rig.fetch(3, *entries(3, 1))
        await rig.until(lambda: sum(flush.records for flushes, _ in rig.sink.committed for flush in flushes) == 4)

    assert run(scenario).sink.offsets[-1] == (0, 4)


def test_a_fetch_that_got_lost_on_its_way_ends_the_process_before_positions_move_over_it() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: rig.sink.committed)
        rig.fetches += 1
        await rig.fetch(4, *entries(4, 2))
        with suppress(Left):
            await rig.until(lambda: rig.statuses)

    rig = run(scenario)
    assert rig.statuses == [70]
    assert rig.sink.offsets == [(0, 2)]


def test_what_waits_when_partitions_are_given_up_is_discarded() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 3))
        await rig.lane.on_revoked()
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: rig.sink.committed)

    assert run(scenario).sink.offsets == [(0, 2)]


def test_at_most_two_flushes_are_uncommitted_however_much_waits() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.gate.clear()
        await rig.fetch(0, *entries(0, 100))
        await rig.until(lambda: rig.lane.partitions[0].buffered == 80)
        rig.sink.gate.set()
        await rig.until(lambda: len(rig.sink.committed) == 10)

    rig = run(scenario, records_per_flush=10, pipeline_from=1)
    assert rig.sink.offsets == [(0, at) for at in range(10, 101, 10)]


def test_an_abort_takes_both_flushes_back_and_folds_them_again_to_the_same_alerts() -> None:
    large = [builders.an_entry(source_seq=seq, amount_minor=9_000_000, balance_minor=0) for seq in range(4)]

    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.gate.clear()
        rig.sink.outcomes = [Aborted("a test wants it so")]
        await rig.fetch(0, *large)
        await rig.until(lambda: rig.lane.partitions[0].buffered == 0)
        rig.sink.gate.set()
        # Sought to where the first of the two began, which is the very beginning: position 0 is rewound to as well.
        await rig.until(lambda: len(rig.seeks) == 2)
        await rig.fetch(0, *large)
        await rig.until(lambda: rig.sink.offsets[-1:] == [(0, 4)])

    rig = run(scenario, records_per_flush=2, pipeline_from=1)
    assert rig.seeks[1]["account-changes", 0] == 0
    assert rig.sink.offsets[0] == (0, 1), "after an abort flushes begin small again"
    assert len(rig.alerts) == len(set(rig.alerts)) == 4


def test_a_broker_that_aborts_again_and_again_is_given_time() -> None:
    pauses = [pause_after(aborts) for aborts in range(1, 2_000)]
    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] == 2.0


def test_an_abort_goes_back_to_what_is_committed_and_no_further() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: rig.noted)
        rig.sink.outcomes = [Aborted("a test wants it so")]
        await rig.fetch(2, *entries(2, 2))
        await rig.until(lambda: len(rig.seeks) == 2)
        await rig.fetch(2, *entries(2, 2))
        await rig.until(lambda: len(rig.sink.committed) == 2)

    rig = run(scenario)
    assert rig.seeks[1]["account-changes", 0] == 2
    assert rig.sink.offsets == [(0, 2), (0, 4)]


def test_refused_partitions_are_dropped_and_nothing_more_is_folded_until_the_next_assignment() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.outcomes = [Refused("a test wants it so")]
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: not rig.lane.partitions)
        await rig.fetch(2, *entries(2, 2))
        await rig.lane.on_revoked()
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 1))
        await rig.until(lambda: rig.sink.committed)

    rig = run(scenario)
    assert rig.sink.offsets == [(0, 1)]
    assert len(rig.sink.begun) == 2


def test_giving_up_waits_for_the_open_transaction() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.gate.clear()
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: rig.sink.begun)
        giving_up = asyncio.ensure_future(rig.lane.on_revoked())
        await asyncio.sleep(0)
        assert not giving_up.done()
        rig.sink.gate.set()
        await giving_up
        assert rig.sink.offsets == [(0, 2)]

    assert run(scenario).statuses == []


def test_a_transaction_that_does_not_end_when_partitions_are_given_up_ends_the_process() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.gate.clear()
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: rig.sink.begun)
        with pytest.raises(Left):
            await rig.lane.on_revoked()

    rig = run(scenario, revoke_seconds=0.05)
    assert rig.statuses == [70]
    assert not rig.sink.closed


def test_an_abort_while_partitions_are_given_up_seeks_nowhere() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.gate.clear()
        rig.sink.outcomes = [Aborted("a test wants it so")]
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: rig.sink.begun)
        giving_up = asyncio.ensure_future(rig.lane.on_revoked())
        await asyncio.sleep(0)
        rig.sink.gate.set()
        await giving_up
        assert len(rig.seeks) == 1
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 1))
        await rig.until(lambda: rig.sink.committed)

    assert run(scenario).sink.offsets == [(0, 1)]


async def go_back(rig: LaneRig) -> None:
    """Until its only transaction was aborted, and it waits for the seek that `seek_gate` holds up."""
    await rig.assign(0)
    rig.seek_gate.clear()
    rig.sink.outcomes = [Aborted("a test wants it so")]
    await rig.fetch(0, *entries(0, 2))
    await rig.until(lambda: rig.is_seeking)


def test_what_comes_while_the_lane_goes_back_waits_and_nothing_else_stands_still() -> None:
    async def scenario(rig: LaneRig) -> None:
        await go_back(rig)
        # On its way when the seek began, so of the epoch before.
        await rig.fetch(2, *entries(2, 1))
        # The loop that folds was woken by it, and lets others have their turn all the same.
        await rig.until(lambda: not rig.lane._wake.is_set())
        rig.seek_gate.set()
        await rig.until(lambda: len(rig.seeks) == 2)
        await rig.fetch(0, *entries(0, 2))
        await rig.until(lambda: rig.sink.committed)

    assert run(scenario).sink.offsets == [(0, 2)]


def test_partitions_given_up_while_the_lane_goes_back_are_not_taken_up_again() -> None:
    async def scenario(rig: LaneRig) -> None:
        await go_back(rig)
        giving_up = asyncio.ensure_future(rig.lane.on_revoked())
        await asyncio.sleep(0)
        rig.seek_gate.set()
        await giving_up
        assert rig.lane._membership is None
        await rig.fetch(0, *entries(0, 2))
        assert not rig.lane.partitions
        await rig.assign(0)
        await rig.fetch(0, *entries(0, 1))
        await rig.until(lambda: rig.sink.committed)

    rig = run(scenario)
    assert rig.sink.offsets == [(0, 1)]
    assert len(rig.sink.begun) == 2


@pytest.mark.parametrize("unknown", [OutcomeUnknown("the answer was lost"), RuntimeError("a bug"), TimeoutError()])
def test_an_unknown_outcome_ends_the_process_and_is_never_a_graceful_stop(unknown: Exception) -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.outcomes = [unknown]
        await rig.fetch(0, *entries(0, 2))
        with suppress(Left):
            await rig.until(lambda: rig.statuses)

    rig = run(scenario)
    assert rig.statuses == [70]
    assert not rig.sink.closed
    assert not rig.noted


def test_a_take_over_for_a_generation_that_is_gone_changes_nothing() -> None:
    async def scenario(rig: LaneRig) -> None:
        rig.lane.on_assigned(Membership("group", 2, "member"))
        await rig.lane.recover([0], 1)
        assert rig.lane.partitions == {}

    run(scenario)


def test_a_slow_sink_stops_the_fetching_of_a_partition_and_folding_lets_it_go_on() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.gate.clear()
        await rig.fetch(0, *entries(0, 20))
        await rig.until(lambda: rig.lane.is_saturated(ACCOUNTS))
        assert not rig.lane.is_saturated(TP("loan-drawdowns", 0))
        rig.sink.gate.set()
        await rig.until(lambda: not rig.lane.is_saturated(ACCOUNTS))

    run(scenario, records_per_flush=2, pipeline_from=1, buffered_per_partition=10)


def test_what_waits_is_bounded_in_memory_and_a_topic_of_which_nothing_waits_is_still_fetched() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0, 1)
        rig.sink.gate.clear()
        await rig.fetch(0, *entries(0, 20))
        await rig.fetch(0, *entries(0, 20), partition=1)
        await rig.until(lambda: rig.lane.is_saturated(ACCOUNTS))
        assert rig.lane.is_saturated(TP("account-changes", 1))
        assert not rig.lane.is_saturated(TP("loan-drawdowns", 0))
        rig.sink.gate.set()
        await rig.until(lambda: not rig.lane.is_saturated(ACCOUNTS))

    run(scenario, records_per_flush=2, pipeline_from=1, buffered_bytes=60_000)


def test_a_partition_that_is_not_held_is_not_fetched() -> None:
    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        assert rig.lane.is_saturated(TP("account-changes", 1))

    run(scenario)


def test_gauges_of_partitions_given_up_are_gone() -> None:
    registry = CollectorRegistry()

    def gauges() -> set[str]:
        names = {"c360_worker_lag_records", "c360_worker_clock_timestamp_seconds"}
        found = {sample.labels["partition"] for m in registry.collect() for sample in m.samples if sample.name in names}
        state = {"c360_worker_customers": "customers", "c360_worker_sections": "sections"}
        held = {state[s.name] for m in registry.collect() for s in m.samples if s.name in state and s.value}
        return found | held

    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0, 1)
        await rig.fetch(0, *entries(0, 2), partition=1)
        await rig.until(lambda: rig.noted)
        await rig.until(lambda: gauges() == {"0", "1", "customers", "sections"})
        rig.sink.gate.clear()
        await rig.fetch(2, *entries(2, 2), partition=1)
        await rig.until(lambda: len(rig.sink.begun) == 2)
        giving_up = asyncio.ensure_future(rig.lane.on_revoked())
        await asyncio.sleep(0)
        rig.sink.gate.set()
        await giving_up
        assert len(rig.sink.committed) == 2, "what settles while partitions are given up moves gauges too"
        assert gauges() == set()

    run(scenario, metrics=WorkerMetrics(registry))


class FullStore(MemoryStore):
    """Of partition 0 the disk is full; what is committed to it is counted."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.stored = 0

    def committed(self, flush: Flush) -> None:  # noqa: ARG002 - that there is one is enough
        """Fail, or take it."""
        if self.number == 0:
            raise StoreFailed("the disk is full")
        self.stored += 1


def test_once_a_store_failed_no_later_flush_is_stored_over_what_it_misses() -> None:
    stores: dict[int, FullStore] = {}

    def store_of(number: int) -> FullStore:
        return stores.setdefault(number, FullStore(number))

    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0, 1)
        rig.sink.gate.clear()
        await rig.fetch(0, *entries(0, 2), partition=0)
        await rig.until(lambda: rig.sink.begun)
        await rig.fetch(0, *entries(0, 2), partition=1)
        await rig.until(lambda: not rig.lane.partitions[1].buffered)
        rig.sink.gate.set()
        await rig.until(lambda: rig.lane.crashed)
        await rig.until(lambda: len(rig.sink.committed) == 2)

    run(scenario, store_of=store_of, pipeline_from=1)
    assert stores[1].stored == 0

"""A worker with nothing to do sleeps: how often it wakes, counted on a loop whose time leaps while all wait."""

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.lane.transport import IDLE_FETCH_WAIT_MS, LaneConsumer, LaneThread
from tests.support.lane import WALL, LaneRig

MINUTE = 60.0
ACCOUNTS = TP("account-changes", 0)


class LeapingSelector(selectors.DefaultSelector):
    """Where others would sleep, time has passed."""

    slept = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; if nothing is, the time asked for is over."""
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.slept += timeout
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop that takes no time to wait."""

    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """The real time, and what was leapt over."""
        return super().time() + self._leaping.slept


def played(scenario: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What a scenario returns, played without waiting."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(scenario())


def test_an_idle_lane_looks_at_its_deadlines_a_few_times_a_second_and_does_nothing_else() -> None:
    looks = 0

    def wall() -> datetime:
        nonlocal looks
        looks += 1
        return WALL

    async def scenario() -> int:
        async with LaneRig(wall=wall) as rig:
            await rig.assign(0, 1, 2, 3)
            before = looks
            await asyncio.sleep(MINUTE)
            assert rig.sink.begun == []
            return looks - before

    assert 0 < played(scenario) <= 6 * MINUTE


def test_an_idle_consumer_asks_for_records_twice_a_second_and_wakes_nobody_with_nothing() -> None:
    asked: list[float] = []
    woken: list[Any] = []

    async def getmany(_active: Any, timeout: float) -> Any:  # noqa: ASYNC109 - the signature is Faust's
        asked.append(timeout)
        await asyncio.sleep(timeout)
        return {}, {}, 1, 0

    consumer: Any = SimpleNamespace(
        flow_active=True,
        should_stop=False,
        app=SimpleNamespace(consumer_generation_id=1),
        lane=SimpleNamespace(is_saturated=lambda _tp: False, is_held_back=lambda: False),
        _thread=SimpleNamespace(getmany=getmany),
        _get_active_partitions=lambda: {ACCOUNTS},
        sleep=asyncio.sleep,
        callback=woken.append,
    )

    async def scenario() -> None:
        ends_at = asyncio.get_running_loop().time() + MINUTE
        while asyncio.get_running_loop().time() < ends_at:
            await LaneConsumer._drain_once(consumer)

    played(scenario)
    assert 0 < len(asked) <= 2 * MINUTE + 1
    assert woken == []


def test_after_a_fetch_that_found_nothing_the_broker_may_hold_the_next_one_until_a_record_comes() -> None:
    async def scenario() -> Any:
        found: list[dict[TP, list[int]]] = [{ACCOUNTS: [1]}, {}]

        async def fetched_records(*_: Any, **__: Any) -> dict[TP, list[int]]:
            return found.pop(0)

        context = SimpleNamespace(fetch_context=contextlib.nullcontext)
        fetcher: Any = SimpleNamespace(fetched_records=fetched_records, _closed=False, _subscriptions=context)
        subscription = SimpleNamespace(subscription=None)
        consumer: Any = SimpleNamespace(_fetcher=fetcher, _closed=False, _subscription=subscription)
        thread: Any = LaneThread.__new__(LaneThread)
        thread.consumer = SimpleNamespace(flow_active=True)
        waits = []
        for _ in range(2):
            await LaneThread._fetch_records(thread, consumer, {ACCOUNTS}, 0.5)
            waits.append((fetcher._fetch_max_wait_ms, fetcher._fetch_min_bytes))
        return waits

    busy, idle = played(scenario)
    assert idle == (IDLE_FETCH_WAIT_MS, 1)
    assert busy[0] < idle[0]
    assert busy[1] > 1

"""The alarm in an event loop, by a timer of the system and by the loop's own."""

import asyncio
import sys
from collections.abc import Callable, Coroutine

import pytest
import uvloop

from connectors.serving import alarm
from connectors.serving.alarm import Alarm

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="there is no timer descriptor on this system")
Run = Callable[[Coroutine[None, None, None]], None]


@pytest.fixture(params=[pytest.param("descriptor", marks=LINUX_ONLY), "loop"], autouse=True)
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "loop":
        monkeypatch.setattr(alarm, "_descriptor", lambda: None)


@pytest.fixture(params=[asyncio.run, uvloop.run])
def run(request: pytest.FixtureRequest) -> Run:
    runs: Run = request.param
    return runs


class Rings:
    """Counts, and lets one wait for a number of them."""

    def __init__(self) -> None:
        self.count = 0
        self._rung = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self._rung.set()

    async def reach(self, wanted: int) -> None:
        async with asyncio.timeout(60):
            while self.count < wanted:
                self._rung.clear()
                await self._rung.wait()


def test_it_rings_once_for_each_time_it_is_set(run: Run) -> None:
    async def scenario() -> None:
        rings = Rings()
        ringing = Alarm(rings)
        await asyncio.sleep(0.01)
        assert rings.count == 0
        for turn in range(1, 6):
            ringing.set(0.00025)
            await rings.reach(turn)
            await asyncio.sleep(0.005)
            assert rings.count == turn
        ringing.close()

    run(scenario())


def test_set_again_it_rings_later_instead(run: Run) -> None:
    async def scenario() -> None:
        rings = Rings()
        ringing = Alarm(rings)
        ringing.set(0.00025)
        ringing.set(0.9)
        await asyncio.sleep(0.02)
        assert rings.count == 0
        ringing.set(0.00025)
        await rings.reach(1)
        ringing.close()

    run(scenario())


def test_it_may_be_set_by_its_own_ring(run: Run) -> None:
    async def scenario() -> None:
        rings = Rings()

        def again() -> None:
            rings()
            ringing.set(0.00025)

        ringing = Alarm(again)
        ringing.set(0.0005)
        await rings.reach(5)
        ringing.close()
        stood = rings.count
        await asyncio.sleep(0.01)
        assert rings.count == stood

    run(scenario())


def test_a_ring_that_fails_is_told_and_the_next_one_comes(run: Run) -> None:
    async def scenario() -> None:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(str(context["exception"])))
        rings = Rings()

        def failing() -> None:
            rings()
            raise ValueError("no such record")

        ringing = Alarm(failing)
        for turn in range(1, 4):
            ringing.set(0.00025)
            await rings.reach(turn)
        ringing.close()
        await asyncio.sleep(0)
        assert told == ["no such record"] * 3

    run(scenario())


def test_it_may_be_closed_after_its_loop_has_ended(run: Run) -> None:
    made: list[Alarm] = []

    async def scenario() -> None:
        made.append(Alarm(lambda: None))
        made[0].set(0.00025)

    run(scenario())
    made[0].close()
    made[0].close()

"""The beat in an event loop, by a timer of the system and by the loop's own."""

import asyncio
import sys
from collections.abc import Callable, Coroutine

import pytest
import uvloop

from connectors.serving import pulse
from connectors.serving.pulse import Pulse

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="there is no timer descriptor on this system")
Run = Callable[[Coroutine[None, None, None]], None]


@pytest.fixture(params=[pytest.param("descriptor", marks=LINUX_ONLY), "loop"], autouse=True)
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "loop":
        monkeypatch.setattr(pulse, "_descriptor", lambda: None)


@pytest.fixture(params=[asyncio.run, uvloop.run])
def run(request: pytest.FixtureRequest) -> Run:
    runs: Run = request.param
    return runs


class Beats:
    """Counts, and lets one wait for a number of them."""

    def __init__(self) -> None:
        self.count = 0
        self._beaten = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self._beaten.set()

    async def reach(self, wanted: int) -> None:
        async with asyncio.timeout(60):
            while self.count < wanted:
                self._beaten.clear()
                await self._beaten.wait()


def test_it_beats_from_start_to_stop_and_again(run: Run) -> None:
    async def scenario() -> None:
        beats = Beats()
        beating = Pulse(beats, 0.00025)
        await asyncio.sleep(0.01)
        assert beats.count == 0
        for _ in range(3):
            beating.start()
            await beats.reach(beats.count + 5)
            beating.stop()
            stood = beats.count
            await asyncio.sleep(0.01)
            assert beats.count == stood
        beating.start()
        beating.close()
        await asyncio.sleep(0.01)
        assert beats.count == stood

    run(scenario())


def test_it_is_stopped_by_its_own_beat(run: Run) -> None:
    async def scenario() -> None:
        beats = Beats()

        def once() -> None:
            beats()
            beating.stop()

        beating = Pulse(once, 0.00025)
        for turn in range(1, 4):
            beating.start()
            await beats.reach(turn)
            await asyncio.sleep(0.005)
            assert beats.count == turn
        beating.close()

    run(scenario())


def test_a_beat_that_fails_is_told_and_the_next_one_comes(run: Run) -> None:
    async def scenario() -> None:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(str(context["exception"])))
        beats = Beats()

        def failing() -> None:
            beats()
            raise ValueError("no such record")

        beating = Pulse(failing, 0.00025)
        beating.start()
        await beats.reach(3)
        beating.close()
        assert told[:3] == ["no such record"] * 3

    run(scenario())


def test_it_may_be_closed_after_its_loop_has_ended(run: Run) -> None:
    made: list[Pulse] = []

    async def scenario() -> None:
        made.append(Pulse(lambda: None, 0.00025))
        made[0].start()

    run(scenario())
    made[0].close()
    made[0].close()

"""How far a live demo is: replaying, catching up, moving the clock, live; asked a few times a second."""

from collections.abc import Callable
from typing import Final

from ops.demo.broker import TopicPartitions
from ops.demo.catching_up import not_folded, unprojected
from ops.demo.contents import newest_clock
from ops.demo.replay import Replay
from ops.demo.system import System
from ops.topics import write_ticks
from schemas.topics import INPUT_TOPICS

__all__ = ["LIVE", "Stages"]

REPLAYING: Final = "replaying"
CATCHING_UP: Final = "catching up"
CLOCK: Final = "moving the clock to the newest day"
LIVE: Final = "live"


class Stages:
    """One demo's way from the first event to being live."""

    def __init__(self, system: System, replay: Replay) -> None:
        self._system = system
        self._replay = replay
        self._ends: TopicPartitions = {}
        self.stage = REPLAYING

    def advance(self) -> str:
        """Go on as far as the positions allow; the stage it is at."""
        step: Callable[[], None] | None = {
            REPLAYING: self._replaying,
            CATCHING_UP: self._catching_up,
            CLOCK: self._clock,
        }.get(self.stage)
        if step is not None:
            step()
        return self.stage

    def _replaying(self) -> None:
        if self._replay.finished():
            self._enter(CATCHING_UP)

    def _catching_up(self) -> None:
        if self._caught_up():
            newest = newest_clock(self._system.redis.progress())
            if newest is not None:
                write_ticks(self._system.running.kafka, newest)
            self._enter(CLOCK)

    def _clock(self) -> None:
        if self._caught_up():
            self.stage = LIVE

    def _enter(self, stage: str) -> None:
        self._ends = self._system.broker.ends(INPUT_TOPICS)
        self.stage = stage

    def _caught_up(self) -> bool:
        committed = self._system.broker.committed(self._ends)
        return not_folded(self._ends, committed) is None and unprojected(self._system, self._ends) is None

"""One round of one contender: a preloaded backlog, and how its committed positions advance."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

from ops.bench.positions import GroupPositions, RedisPositions
from ops.bench.stage import Crowd, Stage, await_that
from ops.bench.statistics import Sample, rate, span
from ops.bench.usage import Usage, used_since
from ops.bench.workload import JOB_TOPICS

__all__ = [
    "C360",
    "C360_EVENT",
    "C360_WORKER",
    "PLAIN_FAUST",
    "TAKE_FAUST",
    "Contender",
    "Round",
    "contenders",
    "measure",
]

FIRST_SECONDS: Final = 90.0
"""Until the first commit, joining the group included."""
WHOLE_SECONDS: Final = 600.0


class Positions(Protocol):
    """Where records done are counted."""

    def done(self) -> int: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Contender:
    """Who runs."""

    name: str
    title: str
    start: Callable[[Stage, str], AbstractContextManager[Crowd]]
    """Stage and group -> the children."""
    in_redis: bool = False
    """Whether a record is done when it stands in Redis, told by the projector's marks, rather than when committed."""
    window_seconds: float | None = None
    """A slow contender is watched for so long, not to the end of the backlog."""


@dataclass(frozen=True)
class Round:
    """What was measured: all between the first and the last advance."""

    contender: str
    rate: float | None
    records: int
    seconds: float
    used: dict[str, Usage]
    """By process."""

    def cpu_us(self, *processes: str) -> float | None:
        """Processor microseconds per record of these processes (all but the broker by default)."""
        names = processes or tuple(name for name in self.used if name != "broker")
        if not self.records or not self.used:
            return None
        return sum(self.used[name].cpu_seconds for name in names) / self.records * 1e6


PLAIN_FAUST: Final = "plain_faust"
TAKE_FAUST: Final = "faust_take"
C360: Final = "c360"
C360_WORKER: Final = "c360_worker"
C360_EVENT: Final = "c360_worker_event_clock"


def contenders(window_seconds: float) -> tuple[Contender, ...]:
    """All of them; `window_seconds` is how long the slow ones are watched."""
    return (
        Contender(PLAIN_FAUST, "plain Faust", lambda s, g: s.faust(g, "each"), window_seconds=window_seconds),
        Contender(TAKE_FAUST, "Faust, take(2000)", lambda s, g: s.faust(g, "take"), window_seconds=window_seconds),
        Contender(C360, "c360 to Redis", lambda s, g: s.c360(g, "wall", projector=True), in_redis=True),
        Contender(C360_WORKER, "c360 worker alone", lambda s, g: s.c360(g, "wall", projector=False)),
        Contender(C360_EVENT, "c360 worker, event clock", lambda s, g: s.c360(g, "event", projector=False)),
    )


def measure(stage: Stage, contender: Contender, group: str, backlog: int) -> Round:
    """Run the contender on the backlog that the input topics hold."""
    stage.clear()
    with closing(_positions(stage, contender, group)) as positions, contender.start(stage, group) as crowd:
        watch = _Watch(stage, crowd, positions)
        await_that(lambda: watch.look() > 0, FIRST_SECONDS, crowd.values())
        watch.begin()
        until = None if contender.window_seconds is None else monotonic() + contender.window_seconds
        await_that(lambda: watch.look() >= backlog or _over(until), WHOLE_SECONDS, crowd.values())
        used = watch.used
    found = span(watch.samples)
    records, seconds = (found[1].done - found[0].done, found[1].at - found[0].at) if found else (0, 0.0)
    return Round(contender.name, rate(watch.samples), records, seconds, used)


def _positions(stage: Stage, contender: Contender, group: str) -> Positions:
    if contender.in_redis:
        return RedisPositions(stage.running.redis_url, stage.partitions)
    return GroupPositions(stage.running.kafka_bootstrap, group, JOB_TOPICS, stage.partitions)


def _over(until: float | None) -> bool:
    return until is not None and monotonic() > until


class _Watch:
    """Samples positions, and what the children have used up to the last advance."""

    def __init__(self, stage: Stage, crowd: Crowd, positions: Positions) -> None:
        self.samples = [Sample(monotonic(), 0)]
        self.used: dict[str, Usage] = {}
        self._stage = stage
        self._crowd = crowd
        self._positions = positions
        self._before: dict[str, Usage] | None = None

    def begin(self) -> None:
        """Count usage from here on."""
        self._before = self._stage.usage(self._crowd)

    def look(self) -> int:
        """Records done now."""
        done = self._positions.done()
        if done > self.samples[-1].done:
            self.samples.append(Sample(monotonic(), done))
            if self._before is not None:
                self.used = used_since(self._before, self._stage.usage(self._crowd))
        return done

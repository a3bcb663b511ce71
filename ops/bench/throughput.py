"""One round of one contender: a preloaded backlog, how its committed positions advance, and what it left behind."""

from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Protocol

from ops.bench.contenders import Contender
from ops.bench.peers.banking import JOB_TOPICS
from ops.bench.positions import GroupPositions, RedisPositions
from ops.bench.proof import found_facts
from ops.bench.stage import Crowd, Stage, await_that
from ops.bench.statistics import Sample, rate, span
from ops.bench.truth import Facts, differences
from ops.bench.usage import Usage, used_since

__all__ = ["WARM_SHARE", "Backlog", "Round", "Watch", "measure"]

FIRST_SECONDS: Final = 90.0
"""Until the first commit, joining the group included."""
WHOLE_SECONDS: Final = 600.0
WARM_SHARE: Final = 0.25
"""Of the backlog, done before a contender that runs to its end is measured: a JVM compiles, caches fill."""


class Positions(Protocol):
    """Where records done are counted."""

    def done(self) -> int: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Backlog:
    """What the input topics hold, and what it must lead to."""

    records: int
    facts: Facts


@dataclass(frozen=True)
class Round:
    """What was measured, between the advance that made it warm and the last one."""

    contender: str
    rate: float | None
    records: int
    seconds: float
    used: dict[str, Usage]
    """By process."""
    wrong: list[str] = field(default_factory=list)
    """How the outcome differs from what is due; a round that is wrong has no rate."""

    def cpu_us(self, *processes: str) -> float | None:
        """Processor microseconds per record of these processes (all but the broker by default)."""
        names = processes or tuple(name for name in self.used if name != "broker")
        if not self.records or not self.used:
            return None
        return sum(self.used[name].cpu_seconds for name in names) / self.records * 1e6


def measure(stage: Stage, contender: Contender, group: str, backlog: Backlog, window_seconds: float | None) -> Round:
    """Run the contender on the backlog: to its end, and to the right outcome, or for `window_seconds` only."""
    stage.clear()
    warm = 1 if window_seconds is not None else int(backlog.records * WARM_SHARE)
    with closing(_positions(stage, contender, group)) as positions, contender.start(stage, group) as crowd:
        watch = Watch(stage, crowd, positions)
        await_that(lambda: watch.look() > 0, FIRST_SECONDS, crowd.values())
        await_that(lambda: watch.look() >= warm, WHOLE_SECONDS, crowd.values())
        watch.begin()
        until = None if window_seconds is None else monotonic() + window_seconds
        await_that(lambda: watch.look() >= backlog.records or _over(until), WHOLE_SECONDS, crowd.values())
    wrong = [] if watch.samples[-1].done < backlog.records else _wrong(stage, contender, group, backlog.facts)
    return watch.round(contender.name, warm, wrong)


def _wrong(stage: Stage, contender: Contender, group: str, expected: Facts) -> list[str]:
    running = stage.running
    topics = contender.alert_topics(group)
    found = found_facts(running.kafka_bootstrap, running.redis_url, topics, contender.views)
    # Without a projector nothing is in Redis, and the alerts have to prove it.
    return differences(expected if contender.in_redis else Facts({}, expected.alerts), found)


def _positions(stage: Stage, contender: Contender, group: str) -> Positions:
    if contender.is_c360 and contender.in_redis:
        return RedisPositions(stage.running.redis_url, stage.partitions)
    return GroupPositions(stage.running.kafka_bootstrap, group, JOB_TOPICS, stage.partitions)


def _over(until: float | None) -> bool:
    return until is not None and monotonic() > until


class Watch:
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

    def round(self, name: str, warm: int, wrong: list[str]) -> Round:
        """What was measured from `warm` records on."""
        found = span(self.samples, warm)
        records, seconds = (found[1].done - found[0].done, found[1].at - found[0].at) if found else (0, 0.0)
        return Round(name, None if wrong else rate(self.samples, warm), records, seconds, self.used, wrong)

    def look(self) -> int:
        """Records done now."""
        done = self._positions.done()
        if done > self.samples[-1].done:
            self.samples.append(Sample(monotonic(), done))
            if self._before is not None:
                self.used = used_since(self._before, self._stage.usage(self._crowd))
        return done

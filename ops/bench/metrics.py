"""What the metrics cost a worker: the same events folded by two engines, one that tells its measures, one that is mute.

`python -m ops.bench.metrics` prints, for transactions of several sizes, processor microseconds per event: receiving and
folding, what telling takes beside it (timed by itself), and the whole difference between the two engines within a
round, which is the same figure with the noise of the machine in it.
"""

import gc
import statistics
from collections.abc import Sequence
from time import monotonic, thread_time
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry

from ops.bench.engine import EVENTS, PARTITIONS, Bank, Engine, Records, Shape
from ops.metrics import WorkerMetrics
from schemas.topics import INPUT_TOPICS
from streams.lane.report import LaneReport

__all__ = ["Cost", "measure"]

SHAPE: Final = Shape(10_000)
ROUNDS: Final = 7
SIZES: Final = (4_000, 100)
"""Records of a transaction: of a loaded worker, and of one that has time."""


class Cost(NamedTuple):
    """Microseconds of the processor per event, and quartiles over the rounds."""

    engine: float
    telling: list[float]
    difference: list[float]


class _Mute:
    """Takes every measure and keeps none."""

    def __getattr__(self, name: str) -> Any:
        return self._nothing

    def _nothing(self, *_: object) -> None: ...


class _Worker:
    """An engine, and the report that a lane would make of what it does."""

    def __init__(self, metrics: Any, beginnings: Records) -> None:
        self._engine = Engine("wall")
        self._report = LaneReport(metrics)
        self._positions = {(topic, number): 0 for topic in INPUT_TOPICS for number in range(PARTITIONS)}
        self._engine.run(beginnings)

    def run(self, records: Records, size: int) -> tuple[float, float]:
        """Seconds of receiving and folding, and of telling, in transactions of so many records."""
        working = telling = 0.0
        for start in range(0, len(records), size):
            receiving, folding, flushes = self._engine.run(records[start : start + size])
            working += receiving + folding
            newest = max(flush.timestamps_ms[-1] for flush in flushes) / 1000
            began = thread_time()
            self._report.folded(folding)
            self._report.committed(flushes, monotonic(), newest)
            self._report.standing(self._positions, self._engine.partitions, monotonic())
            telling += thread_time() - began
        return working, telling


def measure(shape: Shape, size: int, events: int, rounds: int) -> Cost:
    """Fold the same events in transactions of `size` records, told and mute; who is first takes turns."""
    bank = Bank(shape)
    beginnings = list(bank.beginnings())
    workers = [_Worker(WorkerMetrics(CollectorRegistry()), beginnings), _Worker(_Mute(), beginnings)]
    gc.collect()
    gc.freeze()
    found: list[list[tuple[float, float]]] = []
    for turn in range(rounds):
        records, took = list(bank.actions(events)), [(0.0, 0.0)] * 2
        for place in (turn % 2, (turn + 1) % 2):
            gc.collect()
            took[place] = workers[place].run(records, size)
        found.append(took)
    gc.unfreeze()
    return Cost(
        statistics.median(working for _, (working, _) in found) / events * 1e6,
        _quartiles([telling - mute for (_, telling), (_, mute) in found], events),
        _quartiles([sum(told) - sum(mute) for told, mute in found], events),
    )


def _quartiles(seconds: Sequence[float], events: int) -> list[float]:
    return [value / events * 1e6 for value in statistics.quantiles(seconds, n=4)]


def main() -> None:
    """Measure every size."""
    gc.set_threshold(50_000, 10, 1_000)
    print(f"{SHAPE.title}, us of the processor per event, {ROUNDS} rounds of up to {EVENTS:,}; quartiles of the rounds")
    for size in SIZES:
        cost = measure(SHAPE, size, min(EVENTS, size * 200), ROUNDS)
        share = cost.telling[1] / cost.engine
        print(
            f"{size:6,} a transaction: engine {cost.engine:.2f}, telling {_told(cost.telling)} ({share:.2%}), "
            f"whole difference {_told(cost.difference)}",
            flush=True,
        )


def _told(quartiles: list[float]) -> str:
    return " / ".join(f"{each:.3f}" for each in quartiles)


if __name__ == "__main__":
    main()

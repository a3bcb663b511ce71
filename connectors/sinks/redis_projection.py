"""The projector: keeps Redis equal to `customer-views`.

Each turn takes what Kafka has, applies the customers whose flush is complete, then notes in Redis where reading would
go on. Nothing is remembered elsewhere: whatever goes wrong, the next attempt begins at what Redis holds, and a change
applied twice changes nothing.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from connectors.errors import Unavailable
from connectors.last_look import LastLook
from connectors.sinks.holding import Change, Holding
from connectors.sinks.projection_metrics import ProjectionMetrics
from connectors.sinks.redis_store import RedisStore, Switched
from connectors.sinks.views_log import Fetched, ViewsLog

__all__ = ["BehindWorkers", "Patience", "Projector"]

_LOG: Final = logging.getLogger("c360.projector")

_HEARTBEAT_S: Final = 1.0
_LOOK_LASTS_S: Final = 2.0
"""Where turns take longer than that, all that Redis does not have counts as late."""
_LONGEST_POLL_S: Final = 0.25
_FIRST_RETRY_S: Final = 0.1
_LONGEST_RETRY_S: Final = 5.0


@dataclass(frozen=True)
class Patience:
    """How much at once, and how long to wait."""

    records_at_once: int = 10_000
    """Of those that are there; the more, the more often a customer is written once for several changes."""
    records_held: int = 200_000
    """Beyond it, sections that wait for their summary wait in Redis."""
    orphans_s: float = 10.0
    """Sections whose summary has not come so long after the end was reached are written without it."""


class BehindWorkers(Protocol):
    """Knows how far the workers are behind their input."""

    def behind(self) -> int | None:
        """Input records that the workers should have committed by now and have not; None when that is not known."""


class Projector:
    """Reads the log into the store until told to stop; `run` in one thread, the rest from any."""

    def __init__(
        self,
        log: ViewsLog,
        store: RedisStore,
        metrics: ProjectionMetrics,
        now: Callable[[], float],
        *,
        patience: Patience = Patience(),
        workers: BehindWorkers | None = None,
        farewell: str = "stopped",
    ) -> None:
        """`now`: wall clock in Unix seconds; `farewell`: the state its last heartbeat tells."""
        self._log = log
        self._store = store
        self._metrics = metrics
        self._now = now
        self._patience = patience
        self._workers = workers
        self._farewell = farewell
        self._holding = Holding({})
        self._ended: dict[int, int] = {}
        """Partitions read to their ends -> which end was known then."""
        self._met: set[int] = set()
        self._reading = False
        self._writing = 0
        """Records taken out of `holding` that may not stand in Redis yet."""
        self._beat_at = 0.0
        self._last = LastLook[int](_LOOK_LASTS_S)
        self._retry_s = _FIRST_RETRY_S
        self._refused: set[str] = set()
        self._kafka_up: bool | None = None
        self.applied = 0
        """Customers brought to a later position so far, once per batch."""

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set; both Kafka and Redis may come and go meanwhile."""
        while not stop.is_set():
            try:
                self._begin()
                while not stop.is_set():
                    self._turn()
            except Unavailable as error:
                self._pause(error, stop)
            except Switched:
                self._log.release()
                _LOG.info("another namespace of Redis is in force: going on in that one")
        # The ends are known until it is released.
        self._beat_if_possible(self._farewell)
        self._log.release()

    def lag(self) -> int:
        """Records known to stand in the topic that Redis does not have yet; at least 1 until all ends were seen."""
        return sum(self._lags().values()) + self._holding.records_held + self._writing if self._reading else 1

    def caught_up(self) -> bool:
        """Whether everything up to the ends last fetched stands in Redis."""
        return self.lag() == 0

    def level(self, within: int) -> bool:
        """Whether it has met the end of every partition, and is behind by so many records at most since."""
        return self._reading and self._met == self._holding.positions().keys() and self.lag() <= within

    def progress(self) -> tuple[int, int]:
        """Offsets read, and those known to be there, of all partitions together."""
        positions = self._holding.positions()
        return sum(positions.values()), sum(max(self._log.high(n), at) for n, at in positions.items())

    def held(self) -> int:
        """Records that wait for their customer's summary."""
        return self._holding.records_held

    def _begin(self) -> None:
        self._log.turn_to(self._store.topic(self._log.topic))
        identity = self._log.identify()
        self._kafka_is(up=True)
        start = self._store.begin(identity.topic_id, identity.partitions, self._now())
        self._metrics.dependency("redis", up=True)
        self._metrics.evicts(self._store.evicts)
        self._holding = Holding(start.positions)
        self._ended, self._met = {}, set()
        self._last.forget()
        self._log.assign(start.positions)
        self._reading = True
        for _ in start.positions:
            self._metrics.seek(start.reason)
        _LOG.info("reading %s (%s) at %s", self._log.topic, start.reason, start.positions)

    def _turn(self) -> None:
        fetched = self._log.take(self._patience.records_at_once, _LONGEST_POLL_S)
        self._kafka_is(up=self._log.trouble is None)
        # Before anything is gathered: whoever asks meanwhile must not be told that all is there.
        self._writing = len(fetched.records)
        completed_ms = self._gather(fetched)
        self._write(completed_ms)
        self._writing = 0
        self._refused.clear()
        self._retry_s = _FIRST_RETRY_S
        if self._now() - self._beat_at >= _HEARTBEAT_S:
            self._beat("running" if self._kafka_up else f"kafka: {self._log.trouble}")
        if not fetched.records and self._store.sweeping and self.caught_up():
            self._store.sweep()

    def _gather(self, fetched: Fetched) -> list[int]:
        """Hold what came; timestamps of the records that completed a flush."""
        now = self._now()
        completed_ms = []
        for record in fetched.records:
            if self._holding.add(record.partition, record.offset, record.key, record.value, now):
                completed_ms.append(record.timestamp_ms)
            self._ended.pop(record.partition, None)
        for end in fetched.ends:
            self._holding.ended(end.partition, end.offset, now)
            if end.offset >= self._holding.positions()[end.partition]:
                self._ended[end.partition] = self._log.high(end.partition)
                self._met.add(end.partition)
        self._metrics.read(len(fetched.records))
        return completed_ms

    def _write(self, completed_ms: list[int]) -> None:
        began = self._now()
        changes = self._holding.take_ready() + self._orphans(began)
        if changes:
            outcomes = self._store.apply(changes)
            self.applied += outcomes["applied"]
        excess = self._holding.take_excess(self._patience.records_held)
        if excess:
            self._store.stage(excess)
        self._store.advance(self._holding.resume())
        if changes:
            done = self._now()
            self._metrics.written(outcomes, sum(len(change.sections) for change in changes), done - began)
            self._metrics.latencies(done, completed_ms)
        self._metrics.held(self._holding.records_held)

    def _orphans(self, now: float) -> list[Change]:
        if not self._holding.records_held:
            return []
        orphans = self._holding.take_orphans(now, self._patience.orphans_s)
        if orphans:
            self._metrics.orphaned(len(orphans))
            _LOG.warning(
                "no summary came for %d customers, such as %s: written without", len(orphans), orphans[0].owner
            )
        return orphans

    def _lags(self) -> dict[int, int]:
        """Per partition; a partition at its end has none, whatever offsets its transaction markers took."""
        lags = {}
        for partition, following in self._holding.positions().items():
            ended = partition in self._ended
            lags[partition] = 0 if ended else max(self._log.high(partition) - following, 1)
        return lags

    def _ends(self) -> dict[int, int]:
        """Per partition: how far it is to be read, with what came since its end was met, as while Redis was slow."""
        positions, ends = self._holding.positions(), {}
        for partition, lag in self._lags().items():
            high, ended = self._log.high(partition), self._ended.get(partition)
            ends[partition] = high if ended is not None and high > ended else positions[partition] + lag
        return ends

    def _late(self, ends: Mapping[int, int]) -> int:
        """Records that stood there at the last heartbeat and do not in Redis yet; without one all that do not."""
        positions = self._holding.positions()
        # An end that no fetch has told yet is none to look back to.
        told = {n: end for n, end in ends.items() if n in self._met or self._log.high(n) > positions[n]}
        due = {**ends, **self._last.due(told, self._beat_at)}
        return sum(max(0, end - positions[partition]) for partition, end in due.items())

    def _beat(self, state: str) -> None:
        self._beat_at = self._now()
        if state != "running":
            # While Kafka is cut off no newer end is seen; nobody looks again after the last heartbeat.
            self._last.forget()
        ends, positions = self._ends() if self._reading else {}, self._holding.positions()
        for partition, end in ends.items():
            self._metrics.lag(partition, end - positions[partition])
        behind = self._workers.behind() if self._workers else None
        if behind is not None:
            self._metrics.workers_behind(behind)
        self._store.heartbeat(
            {
                "at": f"{self._beat_at:.3f}",
                "state": state,
                "lag": str(self._late(ends)) if ends else "",
                "workers_behind": "" if behind is None else str(behind),
            }
        )

    def _pause(self, error: Unavailable, stop: threading.Event) -> None:
        """Stop taking records, say why once, and wait longer each time."""
        self._reading = False
        self._log.release()
        if error.dependency == "kafka":
            self._kafka_up = False
        self._metrics.dependency(error.dependency, up=False)
        if str(error) not in self._refused and not error.is_told:
            _LOG.warning("%s; trying again", error)
        self._refused.add(str(error))
        if error.dependency == "kafka":
            self._beat_if_possible(f"kafka: {error.reason}")
        stop.wait(self._retry_s)
        self._log.idle()
        self._retry_s = min(2 * self._retry_s, _LONGEST_RETRY_S)

    def _beat_if_possible(self, state: str) -> None:
        try:
            self._beat(state)
        except Unavailable as error:
            self._metrics.dependency(error.dependency, up=False)

    def _kafka_is(self, *, up: bool) -> None:
        if up != self._kafka_up:
            self._kafka_up = up
            self._metrics.dependency("kafka", up=up)
            if not up and self._reading:
                _LOG.warning("kafka at %s is not available: %s; trying again", self._log.where, self._log.trouble)

"""The lane: fetched batches in, folded partition by partition, one transaction per flush out."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from aiokafka.errors import IllegalStateError
from faust.types import TP
from mode import Service

from schemas.generations import views_topic
from schemas.topics import INPUT_TOPICS
from streams.flush import Flush
from streams.folding import PartitionConfig
from streams.lane.budget import FoldBudget
from streams.lane.generations import Generations
from streams.lane.membership import Membership
from streams.lane.positions import BrokerReader, RecoveryStopped, Unreadable
from streams.lane.pressure import BackPressure
from streams.lane.report import LaneReport
from streams.lane.sinks import Aborted, Refused, Sink
from streams.lane.takeover import TakeOver
from streams.lane.transport import Fetch
from streams.partition import Partition
from streams.ports import LaneMetrics
from streams.rules import Rules
from streams.stores.port import Store, StoreFailed

__all__ = ["Lane", "LaneConfig", "pause_after"]

logger = logging.getLogger("c360.lane")

EXIT_FATAL = 70
"""Exit status when the outcome of a transaction is unknown or the producer is fenced (EX_SOFTWARE)."""


def pause_after(aborts: int) -> float:
    """Seconds before what was aborted so often in a row is done again: none at first, two at most."""
    return 0.0 if aborts <= 1 else min(2.0, 0.05 * 2.0 ** min(aborts, 10))


@dataclass(frozen=True)
class LaneConfig:
    """What a lane needs to know besides its partitions' own configuration."""

    partition: PartitionConfig
    rules: Callable[[], Rules]
    """Those in force now. Asked once per flush, so that all that commits together was judged by the same."""
    metrics: LaneMetrics
    reader: Callable[[Callable[[], bool]], BrokerReader]
    """Makes the reader of a take-over; given what tells it to stop."""
    revoke_seconds: float
    """How long an open transaction may take when partitions are given up: half the rebalance timeout."""
    wall: Callable[[], datetime]
    generations: Generations | None = None
    """None: there is but one generation of the views."""
    store_of: Callable[[int], Store] | None = None
    """Makes the store of a partition's sections; None: in memory."""
    leave: Callable[[int], None] = os._exit
    """Ends the process with a status, at once, and does not return."""
    records_per_flush: int = 16_000
    """At the most, when as many wait and are quickly folded and committed."""
    buffered_per_partition: int = 16_000
    """Records of one topic and partition received and not folded, beyond which it is not fetched."""
    buffered_bytes: int = 128 * 1024 * 1024
    """What all of them may take in memory; beyond it only a topic is fetched of which nothing waits, for the merge may
    wait for that one."""
    pipeline_from: int = 1_000
    """While a flush commits, the next one is folded only from so many waiting records on: else it would only wait."""
    ceilings_every: float = 0.5
    """Seconds between looks at how far the generation in force has folded, where another one is served."""


@dataclass
class _Uncommitted:
    flushes: list[Flush]
    membership: Membership
    started_at: float = field(default_factory=monotonic)


class Lane(Service):
    """Owns the partitions of this worker, their positions, flushes and recovery."""

    def __init__(self, config: LaneConfig, sink: Sink, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.partitions: dict[int, Partition] = {}
        self.consumer: Any = None
        """Faust's consumer, set when the app starts."""
        self.views = views_topic(config.partition.generation)
        """The topic of the views that are folded."""
        self._config = config
        self._sink = sink
        self._pressure = BackPressure(config.buffered_per_partition, config.buffered_bytes)
        self._budget = FoldBudget(config.records_per_flush)
        self._report = LaneReport(config.metrics)
        self._take_over = TakeOver(config.partition, config.reader, config.metrics, config.generations)
        self._membership: Membership | None = None
        self._assigned: Membership | None = None
        self._committed: dict[tuple[str, int], int] = {}
        self._inbox: deque[Fetch] = deque()
        self._epoch = -1
        self._fetches = 0
        """Received in this epoch, of those that found records."""
        self._uncommitted: deque[_Uncommitted] = deque()
        self._aborts = 0
        """In a row."""
        self._failure: StoreFailed | None = None
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane-sink")
        self._recovery_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane-recovery")
        self._recovery_stop: threading.Event | None = None
        self._draining: asyncio.Task[None] | None = None
        if config.store_of is not None:
            self._take_over.store_of = config.store_of

    # -- membership and positions -------------------------------------------------------------------------------

    def on_assigned(self, membership: Membership) -> None:
        """A new assignment; called in the coordinator's thread, before Faust hears of it."""
        self._assigned = membership

    def positions(self) -> dict[tuple[str, int], int]:
        """(topic, partition) -> next offset to fetch, of every input partition owned."""
        return {(topic, p.number): at for p in self.partitions.values() for topic, at in p.state.positions.items()}

    def begin_epoch(self, epoch: int) -> None:
        """The consumer was sought to `positions`: only what is fetched from `epoch` on counts."""
        self._epoch = epoch
        self._fetches = 0
        # The consumer's thread is ahead of this one: what it fetched since may be here already.
        self._inbox = deque(fetch for fetch in self._inbox if fetch.epoch == epoch)

    async def on_revoked(self) -> None:
        """Give the partitions up: stop folding, discard what is not folded, settle the open transactions, then forget.

        Exits the process when they do not settle in time: nothing may be written under the membership afterwards.
        """
        membership = self._membership
        # Neither is to come back: what was aborted may be on its way to its seek, and would go on under this one.
        self._membership = self._assigned = None
        self._inbox.clear()
        self.stop_recovery()
        try:
            await asyncio.wait_for(self._settled.wait(), self._config.revoke_seconds)
        except TimeoutError:
            self._exit("a transaction was still open when partitions had to be given up")
        if membership is not None:
            logger.info("Gave up partitions %s of generation %s", sorted(self.partitions), membership.generation)
        self.partitions = {}
        # Only now: what settled has moved the gauges once more.
        self._report.given_up()
        self._room.set()

    # -- recovery -----------------------------------------------------------------------------------------------

    async def recover(self, numbers: Iterable[int], generation: int, standbys: Iterable[int] = ()) -> None:
        """Take over `numbers`: positions, then the changelog up to its watermark; then fold from those positions.

        Of the partitions in `standbys`, which are other workers', warm copies are kept.
        """
        membership = self._assigned
        if membership is None or membership.generation != generation:
            return
        stop = self._recovery_stop = threading.Event()
        wanted = sorted(numbers)
        warm = sorted(set(standbys) - set(wanted))
        loop = asyncio.get_running_loop()
        started = monotonic()
        try:
            partitions, records = await loop.run_in_executor(
                self._recovery_executor, self._take_over.run, wanted, stop.is_set, warm
            )
        except RecoveryStopped:
            return
        if stop.is_set() or membership is not self._assigned:
            return
        self.partitions = partitions
        self._committed = self.positions()
        self._membership = membership
        self._config.metrics.holds(True)
        self._report.standing(self._committed, partitions, monotonic(), also=True)
        logger.info(
            "Took over partitions %s in %.2f s (%s changelog records)",
            wanted,
            monotonic() - started,
            records,
        )
        if warm:
            logger.info("Keeps warm copies of partitions %s", warm)
        self._wake.set()

    def stop_recovery(self) -> None:
        """Make a recovery that is under way end early; its result is not used."""
        if self._recovery_stop is not None:
            self._recovery_stop.set()

    # -- input --------------------------------------------------------------------------------------------------

    async def take(self, fetch: Fetch) -> None:
        """A fetch arrived in the stream. Never waits: what is buffered is bounded by what is fetched."""
        self._inbox.append(fetch)
        self._wake.set()

    def is_saturated(self, tp: TP) -> bool:
        """Whether so much of this partition waits that no more of it should be fetched."""
        partition = self.partitions.get(tp.partition)
        return partition is None or self._pressure.is_saturated(partition, tp.topic)

    def is_held_back(self) -> bool:
        """Whether records wait for another topic to come or to be caught up."""
        return any(partition.waiting_for() for partition in self.partitions.values())

    async def wait_for_room(self) -> None:
        """Wait until something was folded (or a short time)."""
        self._room.clear()
        await self._event(self._room, 0.1)

    @staticmethod
    async def _event(event: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return

    # -- the loop -----------------------------------------------------------------------------------------------

    async def on_start(self) -> None:
        """Connect the sink."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._sink.open)

    async def on_stop(self) -> None:
        """Settle what is open; nothing new is folded."""
        await self.on_revoked()
        await asyncio.get_running_loop().run_in_executor(self._executor, self._sink.close)
        self._executor.shutdown(wait=False, cancel_futures=True)
        await asyncio.get_running_loop().run_in_executor(self._recovery_executor, self._take_over.close)
        self._recovery_executor.shutdown(wait=False, cancel_futures=True)

    @Service.task
    async def _fold_continually(self) -> None:
        while not self.should_stop:
            if not await self._turn():
                self._wake.clear()
                # Without a membership what came stays where it is; whoever sets one wakes this loop.
                if self._membership is None or not self._inbox:
                    await self._event(self._wake, 0.2)

    @Service.task
    async def _raise_ceilings(self) -> None:
        """While another generation of the views is in force: fold on to where that one is."""
        generations = self._config.generations
        if generations is None or not generations.builds:
            return
        while not self.should_stop:
            await self.sleep(self._config.ceilings_every)
            silent = sorted(n for n, partition in self.partitions.items() if partition.is_silent)
            if silent:
                await self._look_for_ceilings(generations, silent)

    async def _look_for_ceilings(self, generations: Generations, silent: list[int]) -> None:
        loop = asyncio.get_running_loop()
        try:
            ceilings = await loop.run_in_executor(self._recovery_executor, generations.ceilings, silent)
        except Unreadable as exc:
            logger.warning("How far the generation in force is can't be read (%s): trying again", exc)
            return
        for number, found in ceilings.items():
            partition = self.partitions.get(number)
            if partition is not None and partition.is_silent:
                partition.keep_silent(found)
        self._wake.set()

    async def _turn(self) -> bool:
        """Receive, fold, and start a flush; False when there was nothing to do."""
        if self._failure is not None:
            raise self._failure
        membership = self._membership
        if membership is None:
            return False
        self._receive(membership)
        self._report.standing(self._committed, self.partitions, monotonic())
        self._pressure.weigh(self.partitions)
        if self._uncommitted and (len(self._uncommitted) >= 2 or self._buffered() < self._config.pipeline_from):
            return False
        flushes = self._fold()
        if not flushes:
            return False
        self._pressure.weigh(self.partitions)
        self._uncommitted.append(_Uncommitted(flushes, membership))
        self._settled.clear()
        self._room.set()
        if self._draining is None or self._draining.done():
            self._draining = asyncio.ensure_future(self._commit_all())
        # Let fetches and heartbeats in between folds.
        await asyncio.sleep(0)
        return True

    def _receive(self, membership: Membership) -> None:
        while self._inbox:
            fetch = self._inbox.popleft()
            if fetch.generation != membership.generation or fetch.epoch != self._epoch:
                continue
            self._check_sequence(fetch)
            for tp, records in fetch.records.items():
                partition = self.partitions.get(tp.partition)
                if partition is not None:
                    partition.receive(tp.topic, records)
                    self._pressure.received(tp, records)
            for tp, (position, end) in fetch.ends.items():
                partition = self.partitions.get(tp.partition)
                if partition is not None:
                    caught_up = position >= end
                    partition.set_caught_up(tp.topic, caught_up)
                    # At the end there may be markers of transactions, and nobody is behind for those.
                    self._report.end(tp.topic, tp.partition, partition.received(tp.topic) if caught_up else end)

    def _check_sequence(self, fetch: Fetch) -> None:
        """Positions move over whatever was fetched, so a fetch that got lost on its way would be records lost."""
        self._fetches += bool(fetch.records)
        if fetch.number != self._fetches:
            self._exit(f"fetch {fetch.number} since the last seek came where number {self._fetches} was due")

    def _buffered(self) -> int:
        return sum(partition.buffered for partition in self.partitions.values())

    def _fold(self) -> list[Flush]:
        flushes, left, wall, began = [], self._budget.records, self._config.wall(), monotonic()
        rules = self._config.rules()
        # The partition with the most waiting goes first, so that a budget never starves one.
        for partition in sorted(self.partitions.values(), key=lambda p: -p.buffered):
            partition.rules = rules
            flush = partition.fold(left, wall)
            if flush is not None:
                flushes.append(flush)
                left -= flush.records
                if left <= 0:
                    break
        took = monotonic() - began
        self._budget.folded(sum(flush.records for flush in flushes), took)
        if flushes:
            self._report.folded(took)
        return flushes

    # -- commit -------------------------------------------------------------------------------------------------

    async def _commit_all(self) -> None:
        """Commit what is folded, in order, one transaction at a time."""
        while self._uncommitted:
            entry = self._uncommitted[0]
            try:
                await self._write(entry)
            except Aborted as exc:
                logger.warning("Transaction aborted (%s): folding again from the last committed positions", exc)
                self._config.metrics.transaction("aborted")
                self._aborts += 1
                self._budget.aborted()
                await asyncio.sleep(pause_after(self._aborts))
                await self._rewind()
            except Refused as exc:
                logger.warning("Transaction refused by the broker (%s): these partitions are another worker's", exc)
                self._config.metrics.transaction("refused")
                self._lose()
            except TimeoutError:
                self._config.metrics.transaction("unknown")
                self._exit(f"Kafka has not answered for {self._sink.patience:.0f} s in the middle of a transaction")
            except Exception as exc:  # noqa: BLE001 - whatever it is, nobody knows what became of the transaction
                self._config.metrics.transaction("unknown")
                self._exit(f"{type(exc).__name__}: {exc}")
            else:
                self._aborts = 0
                self._uncommitted.popleft()
                self._store(entry)
                self._note_committed(entry)
            self._wake.set()
        self._settled.set()

    def _store(self, entry: _Uncommitted) -> None:
        if self._failure is not None:
            # Some store misses the flush before: with this one over it, it would be wrong, and not only old.
            return
        try:
            for flush in entry.flushes:
                self.partitions[flush.partition].committed(flush)
        except StoreFailed as exc:
            # The loop stops the worker for it; what is committed stays committed.
            self._failure = exc

    async def _write(self, entry: _Uncommitted) -> None:
        loop, began = asyncio.get_running_loop(), monotonic()
        written = loop.run_in_executor(self._executor, self._sink.write, entry.flushes, entry.membership)
        await asyncio.wait_for(asyncio.shield(written), self._sink.patience)
        if not self._sink.commits_positions:
            offsets = {(topic, f.partition): at for f in entry.flushes for topic, at in f.positions.items()}
            await self.consumer.commit_positions(offsets)
        self._budget.wrote(monotonic() - began)

    async def _rewind(self) -> None:
        """Nothing uncommitted happened: take it back, newest first, and fetch again from the committed positions."""
        for entry in reversed(self._uncommitted):
            for flush in entry.flushes:
                self.partitions[flush.partition].undo(flush)
        self._uncommitted.clear()
        membership, self._membership = self._membership, None
        for number, partition in self.partitions.items():
            partition.begin_at({topic: self._committed[topic, number] for topic in INPUT_TOPICS})
        if membership is None:
            return
        try:
            await self.consumer.perform_seek()
        except IllegalStateError as exc:
            # The partitions are being given up this very moment: the next assignment recovers anew.
            logger.warning("Could not go back to the committed positions (%s): waiting for an assignment", exc)
            return
        if self._assigned is membership:
            self._membership = membership

    def _lose(self) -> None:
        """The partitions are gone: drop them with all that was not committed; the next assignment recovers anew."""
        self._membership = None
        self._config.metrics.holds(False)
        self._uncommitted.clear()
        self.partitions = {}
        self._take_over.forget()
        self._inbox.clear()

    def _note_committed(self, entry: _Uncommitted) -> None:
        for flush in entry.flushes:
            for topic, position in flush.positions.items():
                self._committed[topic, flush.partition] = position
        self._report.committed(entry.flushes, entry.started_at, self._config.wall().timestamp())
        self.consumer.note_committed(TP(topic, f.partition) for f in entry.flushes for topic in f.positions)

    def _exit(self, reason: str) -> None:
        """Leave at once: a graceful stop would give the group the impression that all is committed."""
        logger.critical("Worker stops now, nothing uncommitted counts, a restart recovers: %s", reason)
        self._config.leave(EXIT_FATAL)

"""A lane without a broker: a test assigns partitions, hands it fetches, and says what becomes of each transaction."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from faust.types import TP
from prometheus_client import CollectorRegistry

from ops.metrics import WorkerMetrics
from schemas.events import Event
from schemas.topics import INPUT_TOPICS
from streams.codec import Door
from streams.flush import Flush
from streams.folding import PartitionConfig
from streams.lane.lane import Lane, LaneConfig
from streams.lane.membership import Membership
from streams.lane.transport import Fetch
from streams.ports import LaneMetrics
from tests.support import builders

__all__ = ["EmptyBroker", "LaneRig", "Left", "StagedSink"]

WALL = datetime(2026, 1, 2, tzinfo=UTC)


class Left(Exception):
    """The process would have ended here."""


@dataclass(frozen=True)
class Fetched:
    """A record as a fetch has it."""

    offset: int
    key: bytes
    value: bytes
    timestamp: int = 0


class StagedSink:
    """Keeps what it is given; `gate` closed holds a transaction open, `outcomes` says how the next ones end."""

    commits_positions = True
    patience = 30.0

    def __init__(self) -> None:
        self.begun: list[tuple[list[Flush], Membership]] = []
        self.committed: list[tuple[list[Flush], Membership]] = []
        self.outcomes: list[Exception | None] = []
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    def open(self) -> None:
        """Nothing to connect."""

    def write(self, flushes: Sequence[Flush], membership: Membership) -> None:
        """Commit once the gate is open, or end as told."""
        transaction = list(flushes), membership
        self.begun.append(transaction)
        self.gate.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        self.committed.append(transaction)

    def close(self) -> None:
        """Say that nothing more comes."""
        self.closed = True

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """(partition, offset of account-changes after it) of each flush committed."""
        return [(f.partition, f.positions["account-changes"]) for flushes, _ in self.committed for f in flushes]


class EmptyBroker:
    """Reads for a take-over from a broker that holds nothing."""

    ends_are_exact = False

    def committed(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        """No position."""
        return dict.fromkeys(partitions)

    def begins(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """Nothing was removed."""
        return dict.fromkeys(partitions, 0)

    def ends(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """Nothing was written."""
        return dict.fromkeys(partitions, 0)

    def read(self, *_: Any) -> int:
        """No record."""
        return 0

    def close(self) -> None:
        """Nothing to let go of."""


class LaneRig:
    """The lane, and the consumer that it moves."""

    def __init__(
        self,
        *,
        metrics: LaneMetrics | None = None,
        revoke_seconds: float = 10.0,
        wall: Callable[[], datetime] = lambda: WALL,
        **config: Any,
    ) -> None:
        rules = builders.some_rules()
        partition = PartitionConfig(rules=rules, door=Door(), topic_ids=dict.fromkeys(INPUT_TOPICS, "id"))
        reader: Any = EmptyBroker()
        self.sink = StagedSink()
        self.statuses: list[int] = []
        self.seeks: list[Mapping[tuple[str, int], int]] = []
        self.noted: list[TP] = []
        self.seek_gate = asyncio.Event()
        self.seek_gate.set()
        self.is_seeking = False
        self.epoch = 0
        self.fetches = 0
        self.generation = 0
        self.lane = Lane(
            LaneConfig(
                partition=partition,
                rules=lambda: rules,
                metrics=metrics or WorkerMetrics(CollectorRegistry()),
                reader=lambda _should_stop: reader,
                revoke_seconds=revoke_seconds,
                wall=wall,
                leave=self._leave,
                **config,
            ),
            self.sink,
        )
        self.lane.consumer = self

    async def __aenter__(self) -> Self:
        await self.lane.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.sink.gate.set()
        if not self.statuses:
            await self.lane.stop()
        elif (draining := self.lane._draining) is not None:
            # A process that left has no tasks any more.
            await asyncio.wait([draining])
            draining.exception()

    def _leave(self, status: int) -> None:
        self.statuses.append(status)
        raise Left

    async def assign(self, *numbers: int) -> None:
        """The next generation gives it these partitions; it takes them over and is sought to its positions."""
        self.generation += 1
        self.lane.on_assigned(Membership("group", self.generation, "member"))
        await self.lane.recover(numbers, self.generation)
        await self.perform_seek()

    async def perform_seek(self) -> None:
        """As Faust's consumer: only what is fetched from here on counts. Takes until `seek_gate` is open."""
        self.is_seeking = True
        await self.seek_gate.wait()
        self.is_seeking = False
        self.seeks.append(self.lane.positions())
        self.epoch += 1
        self.fetches = 0
        self.lane.begin_epoch(self.epoch)

    def note_committed(self, tps: Any) -> None:
        """As Faust's consumer."""
        self.noted.extend(tps)

    async def fetch(
        self,
        first: int,
        *events: Event,
        partition: int = 0,
        generation: int | None = None,
        epoch: int | None = None,
    ) -> None:
        """Records of `account-changes` from offset `first` on; all other topics are caught up."""
        if epoch is None and generation is None:
            self.fetches += 1
        records = [Fetched(first + n, b"C1", builders.wire(event)) for n, event in enumerate(events)]
        ends = {TP(topic, partition): (0, 0) for topic in INPUT_TOPICS}
        ends[TP("account-changes", partition)] = (first + len(events), first + len(events))
        found = {TP("account-changes", partition): list[Any](records)}
        await self.lane.take(
            Fetch(
                self.generation if generation is None else generation,
                self.epoch if epoch is None else epoch,
                self.fetches,
                found,
                ends,
            )
        )

    async def until(self, condition: Callable[[], object], within: float = 60.0) -> None:
        """Let the lane work until it is so."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - any condition at all
                await asyncio.sleep(0.001)

    @property
    def alerts(self) -> list[bytes | None]:
        """Alert records committed, in order."""
        return [output.value for flushes, _ in self.sink.committed for flush in flushes for output in flush.alerts]

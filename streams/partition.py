"""The pure engine of one partition: records of all input topics in, flushes out. No I/O, no clock, no broker.

Bytes arrive by `receive`, are merged (event clock) or taken as they come (wall clock), folded customer by customer, and
leave as a `Flush`: what one transaction must write. State moves ahead with every `fold`; a flush that did not commit is
taken back with `undo`, newest first. `restore` and `recovered` build the state from the changelog.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

import orjson

from schemas.base import utc_text
from schemas.clock import ClockTicked
from schemas.topics import CUSTOMER_VIEWS, DEAD_LETTERS, INPUT_TOPICS, LATE_EVENTS
from schemas.views import PARTITION_PREFIX, SUMMARY, progress_key, section_key, split_key
from streams.codec import Door, Malformed, encode_section, set_aside
from streams.deadlines import DeadlineQueue
from streams.merge import EventTimeMerge, Item
from streams.rules import Rules
from streams.step import Arrival, Step, step
from streams.view import Section, View

__all__ = ["Clock", "Flush", "Output", "Partition", "PartitionConfig", "Record", "TooManyDeadLetters"]

Clock = Literal["event", "wall"]

DECODED_CUSTOMERS = 20_000
"""Customers whose decoded sections are kept; beyond that the longest kept are dropped and decoded again on touch."""

START = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
"""What the event clock of a partition shows before its first record."""


class TooManyDeadLetters(Exception):
    """So many records in a row could not be folded that the partition stops instead of setting all aside."""


class Record(Protocol):
    """A fetched record, as aiokafka and the tests have it."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Output:
    """A record to write, in the flush's own partition. `timestamp_ms` is that of the record which caused it."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int


@dataclass(slots=True)
class Flush:
    """What one fold did: all of it becomes visible together, or none."""

    partition: int
    alerts: list[Output] = field(default_factory=list)
    asides: list[Output] = field(default_factory=list)
    sections: list[Output] = field(default_factory=list)
    """Changelog records; of a customer the summary last, the partition's progress last of all."""
    positions: dict[str, int] = field(default_factory=dict)
    """Input topic -> next offset, for every input topic: also when nothing moved, it is what fences the flush."""
    records: int = 0
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """(topic, folded | late | refused | redelivered | dead) -> records."""
    timestamps_ms: list[int] = field(default_factory=list)
    """Of the records folded."""
    alert_kinds: list[tuple[str, str]] = field(default_factory=list)
    """(kind, change) of each alert record."""
    dead_reasons: list[str] = field(default_factory=list)
    before: "Before | None" = None


@dataclass(slots=True)
class Before:
    """What a fold replaced: references to the old bytes, enough to take it back."""

    sections: list[tuple[str, str, bytes | None]]
    clock: datetime
    counts: dict[str, int]
    applied: dict[str, int]
    due: list[tuple[str, str | None]]
    dead_in_a_row: int


@dataclass(frozen=True, slots=True)
class PartitionConfig:
    """What all partitions of a worker share."""

    rules: Rules
    door: Door
    topic_ids: Mapping[str, str]
    """Input topic -> the identity a topic has until it is deleted."""
    clock: Clock = "event"
    belongs: "Belongs | None" = None
    """Tells whether a customer number belongs to a partition; None: not checked."""
    dead_letter_limit: int = 10_000
    max_section_bytes: int = 900_000
    deadlines_per_fold: int = 2_000


class Belongs(Protocol):
    """The partitioner, asked."""

    def __call__(self, customer_id: str, partition: int) -> bool: ...


class Partition:
    """State and fold of one partition."""

    def __init__(self, number: int, config: PartitionConfig) -> None:
        self.number = number
        self.customers: dict[str, dict[str, bytes]] = {}
        """Customer number -> section -> bytes at rest."""
        self.clock: datetime = START
        self.counts: dict[str, int] = {"folded": 0, "late": 0, "dead": 0}
        self.applied: dict[str, int] = {}
        """Input topic -> offset of the newest record folded, of the topic that stands now."""
        self.positions: dict[str, int] = {}
        """Input topic -> next offset to fold."""
        self.has_progress = False
        self._config = config
        self._received: dict[str, int] = {}
        self._merge = EventTimeMerge(INPUT_TOPICS)
        self._deadlines = DeadlineQueue()
        self._decoded: dict[str, dict[str, Section]] = {}
        self._dead_in_a_row = 0
        self._sections = 0

    # -- recovery -----------------------------------------------------------------------------------------------

    def restore(self, key: str, value: bytes | None) -> None:
        """Apply one changelog record, in log order."""
        owner, section = split_key(key)
        if owner.startswith(PARTITION_PREFIX):
            if value is not None:
                self._restore_progress(orjson.loads(value))
            return
        self._put(owner, section, value)

    def _restore_progress(self, progress: Section) -> None:
        self.has_progress = True
        if progress["clock_at"] is not None:
            self.clock = datetime.fromisoformat(progress["clock_at"])
        self.counts = dict(progress["counts"])
        ids = self._config.topic_ids
        self.applied = {
            topic: offset for topic, (topic_id, offset) in progress["applied"].items() if ids.get(topic) == topic_id
        }

    def recovered(self, positions: Mapping[str, int]) -> None:
        """The changelog is read: begin at `positions` (every input topic), with the deadlines the summaries name."""
        self.begin_at(positions)
        for customer_id, sections in self.customers.items():
            summary = sections.get(SUMMARY)
            if summary is not None:
                self._deadlines.set(customer_id, orjson.loads(summary)["due_on"])

    def begin_at(self, positions: Mapping[str, int]) -> None:
        """Drop what is buffered and take `positions` as the next offsets."""
        self.positions = dict(positions)
        self._received = dict(positions)
        self._merge.clear()
        if self._config.clock == "wall":
            for topic in INPUT_TOPICS:
                self._merge.set_caught_up(topic, True)

    # -- input --------------------------------------------------------------------------------------------------

    def receive(self, topic: str, records: Sequence[Record]) -> None:
        """Buffer fetched records of a topic; what was received already is ignored."""
        floor = self._received[topic]
        items = [self._open(topic, record) for record in records if record.offset >= floor]
        if items:
            self._merge.add(topic, items)
            self._received[topic] = items[-1].offset + 1

    def _open(self, topic: str, record: Record) -> Item:
        event, malformed = None, None
        try:
            event = self._config.door.parse(topic, record.key, record.value)
        except Malformed as exc:
            malformed = exc
        return Item(topic, record.offset, record.timestamp, record.key, record.value, event, malformed)

    def set_caught_up(self, topic: str, caught_up: bool) -> None:
        """Whether everything the topic holds has been received."""
        if self._config.clock == "event":
            self._merge.set_caught_up(topic, caught_up)

    @property
    def buffered(self) -> int:
        """Records received and not folded."""
        return len(self._merge)

    def buffered_of(self, topic: str) -> int:
        """Records of one topic received and not folded."""
        return self._merge.buffered_of(topic)

    @property
    def sections(self) -> int:
        """Sections at rest."""
        return self._sections

    def waiting_for(self) -> list[str]:
        """Topics that hold back what is buffered."""
        return self._merge.waiting_for() if len(self._merge) else []

    # -- fold ---------------------------------------------------------------------------------------------------

    def fold(self, limit: int, wall: datetime) -> Flush | None:
        """Fold at most `limit` records and fire what is due; None when there was nothing to do.

        `wall` is the wall clock: the clock itself in wall mode, in both only stamped into `as_of`.
        """
        items = list(self._merge.release(limit))
        if self._config.clock == "wall":
            clock = max(self.clock, wall)
        else:
            clock = max((item.event.occurred_at for item in items if item.event is not None), default=self.clock)
            clock = max(clock, self.clock)
        if not items and not self._deadlines.any_due(self._config.rules.horizon(clock)):
            return None
        flush = Flush(self.number, before=self._before())
        work = _Fold(self, flush, wall, clock)
        work.fold(items)
        work.fire_due()
        work.finish()
        return flush

    def _before(self) -> Before:
        return Before([], self.clock, dict(self.counts), dict(self.applied), [], self._dead_in_a_row)

    def undo(self, flush: Flush) -> None:
        """Take a flush back that did not commit; the newest first. Call `begin_at` with committed positions after."""
        before = flush.before
        assert before is not None
        for customer_id, section, raw in reversed(before.sections):
            self._put(customer_id, section, raw)
            self._decoded.pop(customer_id, None)
        for customer_id, due_on in reversed(before.due):
            self._deadlines.set(customer_id, due_on)
        self.clock, self.counts, self.applied = before.clock, before.counts, before.applied
        self._dead_in_a_row = before.dead_in_a_row

    def _put(self, customer_id: str, section: str, raw: bytes | None) -> None:
        sections = self.customers.setdefault(customer_id, {})
        before = len(sections)
        if raw is not None:
            sections[section] = raw
        else:
            sections.pop(section, None)
        self._sections += len(sections) - before
        if not sections:
            del self.customers[customer_id]

    def _view(self, customer_id: str) -> View:
        decoded = self._decoded.get(customer_id)
        if decoded is None:
            if len(self._decoded) >= DECODED_CUSTOMERS:
                del self._decoded[next(iter(self._decoded))]
            decoded = self._decoded[customer_id] = {}
        return View(customer_id, self.customers.get(customer_id, {}), decoded)


class _Fold:
    """One call of `Partition.fold`: gathers what it does into its flush."""

    def __init__(self, partition: Partition, flush: Flush, wall: datetime, clock: datetime) -> None:
        self._partition = partition
        self._config = partition._config
        self._flush = flush
        self._wall = wall
        self._as_of = utc_text(wall)
        self._clock = clock
        self._wall_ms = int(wall.timestamp() * 1000)

    def fold(self, items: Iterable[Item]) -> None:
        """Group the records by customer, each customer's in order, and step them."""
        at = self._clock if self._config.clock == "wall" else self._partition.clock
        arrivals: dict[str, list[tuple[Item, Arrival]]] = {}
        for item in items:
            self._flush.records += 1
            self._flush.timestamps_ms.append(item.timestamp_ms)
            self._flush.positions[item.topic] = item.offset + 1
            event = item.event
            if event is None:
                self._dead(item, item.malformed)
                continue
            at = max(at, event.occurred_at) if self._config.clock == "event" else at
            if isinstance(event, ClockTicked):
                self._count(item, "folded")
                continue
            if self._misplaced(item, event.customer_id):
                continue
            topic_id = self._config.topic_ids[item.topic]
            arrival = Arrival(event, item.topic, topic_id, self._partition.number, item.offset, at)
            arrivals.setdefault(event.customer_id, []).append((item, arrival))
        for customer_id, pairs in arrivals.items():
            self._step(customer_id, pairs)

    def _misplaced(self, item: Item, customer_id: str) -> bool:
        belongs = self._config.belongs
        # A customer already here was checked when he came; the partitioner in Python is not cheap.
        if belongs is None or customer_id in self._partition.customers or belongs(customer_id, self._partition.number):
            return False
        error = (
            f"customer {customer_id} does not belong to partition {self._partition.number}: "
            "produce with Kafka's murmur2 partitioner, keyed by the customer number"
        )
        self._dead(item, Malformed("wrong_partition", error))
        return True

    def _step(self, customer_id: str, pairs: Sequence[tuple[Item, Arrival]]) -> None:
        partition = self._partition
        view = partition._view(customer_id)
        result = step(view, [arrival for _, arrival in pairs], self._config.rules, self._clock, self._as_of)
        encoded = {name: encode_section(section) for name, section in view.changed.items()}
        oversized = next((name for name, raw in encoded.items() if len(raw) > self._config.max_section_bytes), None)
        if oversized is not None:
            self._oversized(customer_id, pairs, oversized)
            return
        for (item, _), outcome in zip(pairs, result.outcomes, strict=True):
            if outcome.kind == "refused":
                self._dead(item, Malformed("refused", outcome.error or "refused"))
            elif outcome.kind == "late":
                self._count(item, "late")
                self._aside(LATE_EVENTS, item, "late", outcome.error or "late")
            else:
                self._count(item, outcome.kind)
        timestamp_ms = max((item.timestamp_ms for item, _ in pairs), default=self._wall_ms)
        self._take(customer_id, view, encoded, result, timestamp_ms)

    def _oversized(self, customer_id: str, pairs: Sequence[tuple[Item, Arrival]], section: str) -> None:
        # Nothing of the step is kept; its records are folded one by one, and the one that overflows is set aside.
        if len(pairs) > 1:
            for pair in pairs:
                self._step(customer_id, [pair])
            return
        limit = self._config.max_section_bytes
        error = f"section {section} of customer {customer_id} would exceed {limit} bytes: the event was not folded"
        if not pairs:
            raise RuntimeError(f"a deadline alone made an oversized section: {error}")
        self._dead(pairs[0][0], Malformed("oversized", error))

    def _take(
        self, customer_id: str, view: View, encoded: dict[str, bytes], result: Step, timestamp_ms: int
    ) -> None:
        """Make a step's result the state, and output it: other sections first, the summary last."""
        partition, flush = self._partition, self._flush
        before = flush.before
        assert before is not None
        at_rest = partition.customers.setdefault(customer_id, {})
        decoded = partition._decoded[customer_id]
        summary = encoded.pop(SUMMARY, None)
        if summary is not None:
            encoded[SUMMARY] = summary
        count = len(at_rest)
        for name, raw in encoded.items():
            before.sections.append((customer_id, name, at_rest.get(name)))
            at_rest[name] = raw
            decoded[name] = view.changed[name]
            key = section_key(customer_id, name).encode()
            flush.sections.append(Output(CUSTOMER_VIEWS, key, raw, timestamp_ms))
        partition._sections += len(at_rest) - count
        key = customer_id.encode()
        for alert in result.alerts:
            raw = encoded.get(alert.section_name)
            # An alert changed twice in one step is published twice; only its last state is the section.
            if raw is None or alert.section is not view.changed[alert.section_name]:
                raw = encode_section(alert.section)
            flush.alerts.append(Output(alert.topic, key, raw, timestamp_ms))
            flush.alert_kinds.append((alert.section["kind"], alert.section["change"]))
        before.due.append((customer_id, partition._deadlines.get(customer_id)))
        partition._deadlines.set(customer_id, result.due_on)
        if not at_rest:
            del partition.customers[customer_id]

    def fire_due(self) -> None:
        """Fire the deadlines of customers that no record touched, some at a time: a flood is spread over folds."""
        partition = self._partition
        horizon = self._config.rules.horizon(self._clock)
        before = self._flush.before
        assert before is not None
        for due_on, customer_id in partition._deadlines.take_due(horizon, self._config.deadlines_per_fold):
            before.due.append((customer_id, due_on))
            self._step(customer_id, [])

    def finish(self) -> None:
        """Move the partition's clock, counters and positions, and output its progress last of all."""
        partition, flush = self._partition, self._flush
        for topic, position in flush.positions.items():
            partition.applied[topic] = max(partition.applied.get(topic, -1), position - 1)
        partition.positions.update(flush.positions)
        flush.positions = dict(partition.positions)
        partition.clock = self._clock
        partition.has_progress = True
        ids = self._config.topic_ids
        progress = {
            "clock_at": utc_text(self._clock) if self._clock > START else None,
            "counts": partition.counts,
            "applied": {topic: [ids[topic], offset] for topic, offset in partition.applied.items()},
        }
        key = progress_key(partition.number).encode()
        timestamp_ms = max(flush.timestamps_ms, default=self._wall_ms)
        flush.sections.append(Output(CUSTOMER_VIEWS, key, encode_section(progress), timestamp_ms))

    def _count(self, item: Item, outcome: str) -> None:
        partition, counts = self._partition, self._flush.counts
        counts[item.topic, outcome] = counts.get((item.topic, outcome), 0) + 1
        if item.offset > partition.applied.get(item.topic, -1):
            kind = {"refused": "dead", "redelivered": "folded"}.get(outcome, outcome)
            partition.counts[kind] += 1
        partition._dead_in_a_row = partition._dead_in_a_row + 1 if outcome in ("dead", "refused") else 0

    def _dead(self, item: Item, malformed: Malformed | None) -> None:
        assert malformed is not None
        self._count(item, "refused" if malformed.reason == "refused" else "dead")
        self._flush.dead_reasons.append(malformed.reason)
        self._aside(DEAD_LETTERS, item, malformed.reason, malformed.error)
        limit = self._config.dead_letter_limit
        if self._partition._dead_in_a_row >= limit:
            raise TooManyDeadLetters(
                f"{limit} records in a row of partition {self._partition.number} could not be folded, the last one at "
                f"{item.topic} offset {item.offset}: {malformed.error}. Mend the source, or raise dead_letter_limit."
            )

    def _aside(self, topic: str, item: Item, reason: str, error: str) -> None:
        value = set_aside(
            topic=item.topic,
            partition=self._partition.number,
            offset=item.offset,
            reason=reason,
            error=error,
            key=item.key,
            value=item.value,
            recorded_at=self._wall.astimezone(UTC),
        )
        self._flush.asides.append(Output(topic, item.key, value, item.timestamp_ms))

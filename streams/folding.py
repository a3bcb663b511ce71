"""One fold of a partition: merged records, grouped by customer and stepped, become a flush."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from schemas.base import utc_text
from schemas.clock import ClockTicked
from schemas.topics import CUSTOMER_VIEWS, DEAD_LETTERS, LATE_EVENTS
from schemas.views import SUMMARY, progress_key, section_key
from streams.codec import Door, Malformed, encode_section, set_aside
from streams.flush import Flush, Output
from streams.merge import Item
from streams.rules import Rules
from streams.state import START, PartitionState
from streams.step import Arrival, Outcome, Step, step
from streams.view import View

__all__ = ["Belongs", "Clock", "Fold", "PartitionConfig", "TooManyDeadLetters"]

Clock = Literal["event", "wall"]

# How an outcome counts in the partition's progress: produced = folded + late + dead.
_COUNTED_AS = {"folded": "folded", "redelivered": "folded", "late": "late", "refused": "dead", "dead": "dead"}


class TooManyDeadLetters(Exception):
    """So many records in a row could not be folded that the partition stops instead of setting all aside."""


class Belongs(Protocol):
    """The partitioner, asked."""

    def __call__(self, customer_id: str, partition: int, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class PartitionConfig:
    """What all partitions of a worker share."""

    rules: Rules
    """Those a partition begins with."""
    door: Door
    topic_ids: Mapping[str, str]
    """Input topic -> the identity a topic has until it is deleted."""
    clock: Clock = "event"
    belongs: Belongs | None = None
    """Tells whether a customer number belongs to a partition; None: not checked."""
    dead_letter_limit: int = 10_000
    max_section_bytes: int = 900_000
    deadlines_per_fold: int = 2_000


class Fold:
    """Moves `state` and fills `flush`; used once."""

    def __init__(
        self, number: int, config: PartitionConfig, rules: Rules, state: PartitionState, wall: datetime, clock: datetime
    ) -> None:
        """`clock` is the partition's clock after the fold; `wall` is only stamped."""
        self.flush = Flush(number, state.before())
        self._number = number
        self._config = config
        self._rules = rules
        self._state = state
        self._wall = wall
        self._wall_ms = int(wall.timestamp() * 1000)
        self._as_of = utc_text(wall)
        self._clock = clock
        self._dead_at: dict[tuple[str, int], Malformed] = {}

    def fold(self, items: Sequence[Item]) -> None:
        """Group the records by customer, each customer's in order, and step them."""
        flush, config = self.flush, self._config
        is_event_clock = config.clock == "event"
        at = self._state.clock if is_event_clock else self._clock
        arrivals: dict[str, list[tuple[Item, Arrival]]] = {}
        for item in items:
            flush.records += 1
            flush.timestamps_ms.append(item.timestamp_ms)
            flush.positions[item.topic] = item.offset + 1
            event = item.event
            if event is None:
                self._dead(item, item.malformed)
                continue
            if is_event_clock and event.occurred_at > at:
                at = event.occurred_at
            if isinstance(event, ClockTicked):
                self._count(item, "folded")
            elif not self._is_misplaced(item, event.customer_id):
                topic_id = config.topic_ids[item.topic]
                arrival = Arrival(event, item.topic, topic_id, self._number, item.offset, at)
                arrivals.setdefault(event.customer_id, []).append((item, arrival))
        for customer_id, pairs in arrivals.items():
            self._step(customer_id, pairs, self._clock)
        self._limit_dead(items)

    def fire_due(self) -> None:
        """Fire the deadlines of customers that no record touched, some at a time: a flood is spread over folds."""
        horizon = self._rules.horizon(self._clock)
        for due_on, customer_id in self._state.deadlines.take_due(horizon, self._config.deadlines_per_fold):
            self.flush.before.due.append((customer_id, due_on))
            self._step(customer_id, [], self._clock)

    def finish(self) -> None:
        """Move the partition's clock, counters and positions, and output its progress last of all."""
        state, flush, ids = self._state, self.flush, self._config.topic_ids
        for topic, position in flush.positions.items():
            state.applied[topic] = max(state.applied.get(topic, -1), position - 1)
        state.positions.update(flush.positions)
        flush.positions = dict(state.positions)
        state.clock = self._clock
        state.has_progress = True
        progress = {
            "clock_at": utc_text(self._clock) if self._clock > START else None,
            "counts": state.counts,
            "applied": {topic: [ids[topic], offset] for topic, offset in state.applied.items()},
        }
        timestamp_ms = max(flush.timestamps_ms, default=self._wall_ms)
        key = progress_key(self._number).encode()
        flush.sections.append(Output(CUSTOMER_VIEWS, key, encode_section(progress), timestamp_ms))

    def _is_misplaced(self, item: Item, customer_id: str) -> bool:
        belongs = self._config.belongs
        # A customer already here was checked when he came; the partitioner in Python is not cheap.
        if belongs is None or customer_id in self._state.customers or belongs(customer_id, self._number):
            return False
        error = (
            f"customer {customer_id} does not belong to partition {self._number}: "
            "produce with Kafka's murmur2 partitioner, keyed by the customer number"
        )
        self._dead(item, Malformed("wrong_partition", error))
        return True

    def _step(self, customer_id: str, pairs: Sequence[tuple[Item, Arrival]], now: datetime) -> None:
        view = self._state.view(customer_id)
        result = step(view, [arrival for _, arrival in pairs], self._rules, now, self._as_of)
        encoded = {name: encode_section(section) for name, section in view.changed.items()}
        oversized = next((name for name, raw in encoded.items() if len(raw) > self._config.max_section_bytes), None)
        if oversized is not None:
            self._oversized(customer_id, pairs, oversized)
            return
        for (item, _), outcome in zip(pairs, result.outcomes, strict=True):
            self._settle(item, outcome)
        timestamp_ms = max((item.timestamp_ms for item, _ in pairs), default=self._wall_ms)
        self._publish(view, encoded, result, timestamp_ms)

    def _oversized(self, customer_id: str, pairs: Sequence[tuple[Item, Arrival]], section: str) -> None:
        # Nothing of the step is kept; its records are folded one by one, each at its own time so that deadlines fire
        # between them as before, and the one that overflows is set aside.
        if len(pairs) > 1:
            for pair in pairs:
                self._step(customer_id, [pair], pair[1].at)
            self._step(customer_id, [], self._clock)
            return
        limit = self._config.max_section_bytes
        error = f"section {section} of customer {customer_id} would exceed {limit} bytes: the event was not folded"
        if not pairs:
            raise RuntimeError(f"a deadline alone made an oversized section: {error}")
        self._dead(pairs[0][0], Malformed("oversized", error))

    def _settle(self, item: Item, outcome: Outcome) -> None:
        if outcome.kind == "refused":
            self._dead(item, Malformed("refused", outcome.error or "refused"))
            return
        self._count(item, outcome.kind)
        if outcome.kind == "late":
            self._aside(LATE_EVENTS, item, "late", outcome.error or "late")

    def _publish(self, view: View, encoded: dict[str, bytes], result: Step, timestamp_ms: int) -> None:
        """Take a step's result into the state, and output it: other sections first, the summary last."""
        flush, customer_id = self.flush, view.customer_id
        summary = encoded.pop(SUMMARY, None)
        if summary is not None:
            encoded[SUMMARY] = summary
        self._state.take(view, encoded, flush.before)
        for name, raw in encoded.items():
            key = section_key(customer_id, name).encode()
            flush.sections.append(Output(CUSTOMER_VIEWS, key, raw, timestamp_ms))
        for alert in result.alerts:
            # An alert changed twice in one step is published twice; only its last state is the section.
            is_last = alert.section is view.changed.get(alert.section_name)
            raw = encoded[alert.section_name] if is_last else encode_section(alert.section)
            flush.alerts.append(Output(alert.topic, customer_id.encode(), raw, timestamp_ms))
            flush.alert_kinds.append((alert.section["kind"], alert.section["change"]))
        deadlines = self._state.deadlines
        due_on = deadlines.get(customer_id)
        if due_on != result.due_on:
            flush.before.due.append((customer_id, due_on))
            deadlines.set(customer_id, result.due_on)

    def _count(self, item: Item, outcome: str) -> None:
        state, counts = self._state, self.flush.counts
        counts[item.topic, outcome] = counts.get((item.topic, outcome), 0) + 1
        # A record counts once, however often it is delivered.
        if self._is_new(item):
            state.counts[_COUNTED_AS[outcome]] += 1

    def _is_new(self, item: Item) -> bool:
        return item.offset > self._state.applied.get(item.topic, -1)

    def _dead(self, item: Item, malformed: Malformed | None) -> None:
        assert malformed is not None
        self._count(item, "refused" if malformed.reason == "refused" else "dead")
        self.flush.dead_reasons.append(malformed.reason)
        self._dead_at[item.topic, item.offset] = malformed
        self._aside(DEAD_LETTERS, item, malformed.reason, malformed.error)

    def _limit_dead(self, items: Sequence[Item]) -> None:
        """Count the dead letters in a row, in merged order: steps settle their records customer by customer."""
        state, limit = self._state, self._config.dead_letter_limit
        if not self._dead_at:
            state.dead_in_a_row = 0 if items else state.dead_in_a_row
            return
        for item in items:
            malformed = self._dead_at.get((item.topic, item.offset))
            state.dead_in_a_row = 0 if malformed is None else state.dead_in_a_row + 1
            if malformed is not None and state.dead_in_a_row >= limit:
                raise TooManyDeadLetters(
                    f"{limit} records in a row of partition {self._number} could not be folded, the last one at "
                    f"{item.topic} offset {item.offset}: {malformed.error}. "
                    "Mend the source, or raise dead_letter_limit."
                )

    def _aside(self, topic: str, item: Item, reason: str, error: str) -> None:
        # Delivered again: it was set aside before the progress that tells so was written.
        if not self._is_new(item):
            return
        value = set_aside(
            topic=item.topic,
            partition=self._number,
            offset=item.offset,
            reason=reason,
            error=error,
            key=item.key,
            value=item.value,
            recorded_at=self._wall.astimezone(UTC),
        )
        self.flush.asides.append(Output(topic, item.key, value, item.timestamp_ms))

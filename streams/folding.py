"""One fold of a partition: merged records, grouped by customer and stepped, become a flush."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, Protocol

from schemas.base import utc_text
from schemas.clock import ClockTicked
from schemas.events import CustomerScoped
from schemas.generations import FIRST, views_topic
from schemas.views import SUMMARY, progress_key, section_key
from streams.adoption import Published, adopt
from streams.codec import Door, Malformed, encode_section
from streams.flush import Flush, Output
from streams.merge import Item, Run
from streams.overflow import DeadlineOverflow, rules_due
from streams.pending import UNKNOWN
from streams.poison import PoisonRecord
from streams.records import Record
from streams.rules import Rules
from streams.settling import Settling, record_of
from streams.state import START, PartitionState
from streams.step import Arrival, Raised, Step, step
from streams.view import View

__all__ = ["Belongs", "Clock", "Fold", "PartitionConfig"]

Clock = Literal["event", "wall"]

_BESIDE_RECORDS: Final = 100
"""Deadlines take some ten times as long as records; a fold of few records has room for so many."""

# What a NamedTuple's own constructor, which is Python, does in half of its time; there is one or more for each record.
_arrival: Callable[[tuple[CustomerScoped, str, str, int, int, datetime, Record]], Arrival]
_arrival = partial(tuple.__new__, Arrival)
_output: Callable[[tuple[str, bytes | None, bytes | None, int]], Output] = partial(tuple.__new__, Output)


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
    """Beside records fewer: a hundred, or a tenth of the records."""
    set_aside: Collection[tuple[str, int, int]] = frozenset()
    """(topic, partition, offset) of records that an operator wants to be dead letters."""
    generation: int = FIRST
    """Of the views that are folded."""


class Fold:
    """Moves `state` and fills `flush`; used once."""

    def __init__(
        self,
        number: int,
        config: PartitionConfig,
        rules: Rules,
        state: PartitionState,
        wall: datetime,
        clock: datetime,
        *,
        silent: bool = False,
    ) -> None:
        """`clock` is the partition's: in wall mode that of the fold, in event mode the one before it.

        A `silent` one minds no action on an alert that another generation of the views has raised.
        """
        self.flush = Flush(number, state.before())
        state.admit(rules, clock)
        self._settling = Settling(number, state, self.flush, wall, silent=silent)
        self._number = number
        self._config = config
        self._rules = rules
        self._state = state
        self._wall = wall
        self._wall_ms = int(wall.timestamp() * 1000)
        self._as_of = utc_text(wall)
        self._clock = clock
        self._views = views_topic(config.generation)

    def fold(self, runs: Sequence[Run]) -> None:
        """Group the records by customer, each customer's in order, and step them."""
        arrivals: dict[str, list[Arrival]] = {}
        for topic, items in runs:
            self._settling.count_folded(topic, [record for _, record in items])
            event, last = items[-1]
            self.flush.newest[topic] = last.timestamp, None if isinstance(event, Malformed) else event.occurred_at
            self._group(topic, items, arrivals)
        for customer_id, his in arrivals.items():
            self._step(customer_id, his, self._clock, self._state.deadlines.get(customer_id))
        self._settling.limit_dead(runs, self._config.dead_letter_limit)

    def _group(self, topic: str, items: Sequence[Item], arrivals: dict[str, list[Arrival]]) -> None:
        is_event_clock, at = self._config.clock == "event", self._clock
        topic_id, number = self._config.topic_ids[topic], self._number
        for event, record in items:
            if isinstance(event, Malformed):
                self._settling.dead(topic, record, event)
                continue
            if is_event_clock and event.occurred_at > at:
                at = event.occurred_at
            if type(event) is ClockTicked:
                continue
            customer_id = event.customer_id
            his = arrivals.get(customer_id)
            if his is None:
                if self._is_misplaced(topic, record, customer_id):
                    continue
                his = arrivals[customer_id] = []
            his.append(_arrival((event, topic, topic_id, number, record.offset, at, record)))
        self._clock = at

    def adopt(self, customers: Sequence[str], published: Published) -> None:
        """Take over what another generation published about these customers."""
        for customer_id in customers:
            view = self._state.view(customer_id)
            due_at = adopt(view, published.customers[customer_id], self._rules, self._clock, self._as_of)
            encoded = {name: encode_section(section) for name, section in view.changed.items()}
            self._publish(view, encoded, Step([], [], due_at), self._wall_ms)

    def fire_due(self) -> None:
        """Fire the deadlines of customers that no record touched, some at a time: a flood is spread over folds.

        Beside records only so many that the stream hardly waits for them.
        """
        limit, records = self._config.deadlines_per_fold, self.flush.records
        if records:
            limit = min(limit, max(_BESIDE_RECORDS, records // 10))
        for due_at, customer_id in self._state.deadlines.take_due(self._clock, limit):
            self.flush.before.due.append(customer_id)
            self.flush.deadlines_fired += 1
            self._step(customer_id, [], self._clock, due_at)

    def finish(self) -> None:
        """Move the partition's clock, counters and positions, and output its progress last of all."""
        state, flush, ids = self._state, self.flush, self._config.topic_ids
        for topic, position in flush.positions.items():
            state.applied[topic] = max(state.applied.get(topic, -1), position - 1)
        state.positions.update(flush.positions)
        flush.positions = dict(state.positions)
        state.clock = self._clock
        state.has_progress = True
        progress: dict[str, Any] = {
            "clock_at": utc_text(self._clock) if self._clock > START else None,
            "counts": state.counts,
            "format": state.format,
            "applied": {topic: [ids[topic], offset] for topic, offset in state.applied.items()},
        }
        if state.in_force:
            progress["in_force"] = {rule_id: utc_text(at) for rule_id, at in state.in_force.items()}
        if state.handed_over > 0:
            progress["handed_over"] = state.handed_over
        timestamp_ms = max(flush.timestamps_ms, default=self._wall_ms)
        key = progress_key(self._number).encode()
        flush.sections.append(Output(self._views, key, encode_section(progress), timestamp_ms))

    def _is_misplaced(self, topic: str, record: Record, customer_id: str) -> bool:
        belongs = self._config.belongs
        # A customer already here was checked when he came; the partitioner in Python is not cheap.
        if belongs is None or customer_id in self._state.customers or belongs(customer_id, self._number):
            return False
        error = (
            f"customer {customer_id} does not belong to partition {self._number}: "
            "produce with Kafka's murmur2 partitioner, keyed by the customer number"
        )
        self._settling.dead(topic, record, Malformed("wrong_partition", error))
        return True

    def _step(self, customer_id: str, arrivals: Sequence[Arrival], now: datetime, due_at: datetime | None) -> None:
        view = self._state.view(customer_id)
        try:
            result = step(view, arrivals, self._rules, now, self._as_of, due_at, self._state.in_force)
            encoded = {name: encode_section(section) for name, section in view.changed.items()}
        except Exception as fault:
            self._name_poison(customer_id, arrivals, fault)
            raise
        if encoded and max(map(len, encoded.values())) > self._config.max_section_bytes:
            self._step_each(customer_id, arrivals, now)
            return
        timestamp_ms = self._settling.settle_all(arrivals, result.outcomes) if arrivals else self._wall_ms
        self._publish(view, encoded, result, timestamp_ms)

    def _step_each(self, customer_id: str, arrivals: Sequence[Arrival], now: datetime) -> None:
        """The same again, as something in it grew too large: what overflows is set aside, all else is put out once.

        Each record is stepped at its own time, so that deadlines fire between them as before.
        """
        view, encoded, alerts = self._state.view(customer_id), dict[str, bytes](), list[Raised]()
        due_at: datetime | None = UNKNOWN
        timestamp_ms = 0
        for part, at in (*(([arrival], arrival.at) for arrival in arrivals), ([], now)):
            before, removed = dict(view.changed), view.removed
            result = step(view, part, self._rules, at, self._as_of, in_force=self._state.in_force)
            touched = {name: encode_section(put) for name, put in view.changed.items() if put is not before.get(name)}
            large = next((name for name, raw in touched.items() if len(raw) > self._config.max_section_bytes), None)
            if large is not None:
                view.changed, view.removed = before, removed
                if not part:
                    due = rules_due(view, self._rules, at)
                    raise DeadlineOverflow(
                        customer_id, large, len(touched[large]), self._config.max_section_bytes, at, due
                    )
                self._set_oversized_aside(customer_id, part[0], large)
                continue
            # An alert raised by an earlier part may have left the view by now.
            encoded = {name: raw for name, raw in (encoded | touched).items() if name in view.changed}
            alerts += result.alerts
            due_at, timestamp_ms = result.due_at, max(timestamp_ms, self._settling.settle_all(part, result.outcomes))
        if SUMMARY in encoded:
            # It goes last, as a single step puts it.
            encoded[SUMMARY] = encoded.pop(SUMMARY)
        self._publish(view, encoded, Step(alerts, [], due_at), timestamp_ms or self._wall_ms)

    def _set_oversized_aside(self, customer_id: str, arrival: Arrival, section: str) -> None:
        limit = self._config.max_section_bytes
        error = f"section {section} of customer {customer_id} would exceed {limit} bytes: the event was not folded"
        self._settling.dead(arrival.topic, record_of(arrival), Malformed("oversized", error))

    def _name_poison(self, customer_id: str, arrivals: Sequence[Arrival], fault: Exception) -> None:
        """Raise for the last record of the shortest prefix that fails; return when it is none of the records."""

        def fails(count: int) -> bool:
            view = self._state.view(customer_id)
            try:
                step(view, arrivals[:count], self._rules, self._clock, self._as_of, in_force=self._state.in_force)
                for section in view.changed.values():
                    encode_section(section)
            except Exception:  # noqa: BLE001 - that it fails is the question
                return True
            return False

        count = bisect_left(range(len(arrivals)), True, key=fails)
        if count > 0:
            poison = arrivals[count - 1]
            raise PoisonRecord(poison.topic, poison.partition, poison.offset, fault) from fault

    def _publish(self, view: View, encoded: dict[str, bytes], result: Step, timestamp_ms: int) -> None:
        """Take a step's result into the state, and output it; a step puts the summary last."""
        flush, customer_id, views = self.flush, view.customer_id, self._views
        if view.removed:
            for name in sorted(view.removed):
                self._remove(customer_id, name, timestamp_ms)
        self._state.take(view, encoded, flush.before)
        flush.sections += [
            _output((views, section_key(customer_id, name).encode(), raw, timestamp_ms))
            for name, raw in encoded.items()
        ]
        for alert in result.alerts:
            # An alert changed twice in one step is published twice; only its last state is the section.
            is_last = alert.section is view.changed.get(alert.section_name)
            raw = encoded[alert.section_name] if is_last else encode_section(alert.section)
            flush.alerts.append(Output(alert.topic, customer_id.encode(), raw, timestamp_ms))
            flush.alert_kinds.append((alert.section["kind"], alert.section["change"]))
        deadlines = self._state.deadlines
        if deadlines.get(customer_id) != result.due_at:
            flush.before.due.append(customer_id)
            deadlines.set(customer_id, result.due_at)

    def _remove(self, customer_id: str, name: str, timestamp_ms: int) -> None:
        self.flush.before.sections.append((customer_id, name, self._state.customers[customer_id][name]))
        self._state.put(customer_id, name, None)
        key = section_key(customer_id, name).encode()
        self.flush.sections.append(Output(self._views, key, None, timestamp_ms))

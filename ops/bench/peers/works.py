"""What the hand-written loop does with a batch: c360's own work on whole views, or the other peers' simple banking."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import orjson
from confluent_kafka import KafkaException, Message

from ops.bench.peers import banking
from ops.bench.stage import RULES
from schemas.base import utc_text
from schemas.clock import ClockTicked
from streams.codec import Door, Malformed
from streams.rules import Rules
from streams.rules.load import load_rules
from streams.step import Arrival, step
from streams.view import Section, View

__all__ = ["Batch", "SameWork", "SimpleWork", "Work"]


@dataclass
class Batch:
    """What one batch of records leads to."""

    changed: dict[str, Any] = field(default_factory=dict)
    """Customer -> view, to be encoded whole."""
    alerts: list[tuple[str, bytes]] = field(default_factory=list)
    """(Customer, alert)."""
    dead: list[Message] = field(default_factory=list)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)


class Work(Protocol):
    """Holds the views."""

    def fold(self, messages: Sequence[Message]) -> Batch:
        """All that these records lead to."""


class SameWork:
    """c360's contracts, folds and rules: duplicates and disorder recognised, summary, deadlines, alerts with proof.

    A view is its sections in one dict, decoded for ever; a batch is grouped by customer, as c360's is.
    """

    def __init__(self) -> None:
        self._door = Door()
        self._rules = Rules(load_rules(RULES))
        self._views: dict[str, dict[str, Section]] = {}
        self._due_at: dict[str, datetime | None] = {}

    def fold(self, messages: Sequence[Message]) -> Batch:
        """All that these records lead to."""
        batch, now, arrivals = Batch(), datetime.now(UTC), dict[str, list[Arrival]]()
        for message in messages:
            topic, partition, offset, key, value = _parts(message, batch)
            try:
                event = self._door.parse(topic, key, value)
            except Malformed:
                batch.dead.append(message)
                continue
            if not isinstance(event, ClockTicked):
                arrival = Arrival(event, topic, topic, partition, offset, now)
                arrivals.setdefault(event.customer_id, []).append(arrival)
        as_of = utc_text(now)
        for number, his in arrivals.items():
            self._step(number, his, now, as_of, batch)
        return batch

    def _step(self, number: str, arrivals: list[Arrival], now: datetime, as_of: str, batch: Batch) -> None:
        sections = self._views.setdefault(number, {})
        # At rest there are no bytes: what is asked for is always decoded, and only its name is looked up.
        view = View(number, cast("dict[str, bytes]", sections), sections)
        if number in self._due_at:
            done = step(view, arrivals, self._rules, now, as_of, self._due_at[number])
        else:
            done = step(view, arrivals, self._rules, now, as_of)
        self._due_at[number] = done.due_at
        sections.update(view.changed)
        batch.changed[number] = sections
        batch.alerts += [(number, orjson.dumps(alert.section)) for alert in done.alerts]


class SimpleWork:
    """The banking of the other peers, which leaves all of that out."""

    def __init__(self) -> None:
        self._views: dict[str, banking.View] = {}

    def fold(self, messages: Sequence[Message]) -> Batch:
        """All that these records lead to."""
        batch, views = Batch(), self._views
        for message in messages:
            _, _, _, key, value = _parts(message, batch)
            try:
                event = banking.parse(key, value)
            except banking.Malformed:
                batch.dead.append(message)
                continue
            number = event["customer_id"]
            view = views.get(number)
            if view is None:
                view = views[number] = {}
            for alert in banking.fold(view, event):
                batch.alerts.append((number, orjson.dumps(alert)))
            batch.changed[number] = view
        return batch


def _parts(message: Message, batch: Batch) -> tuple[str, int, int, bytes | None, bytes | None]:
    """Topic, partition, offset, key and value of a record; its position goes into the batch."""
    if (error := message.error()) is not None:
        raise KafkaException(error)
    topic, partition, offset = cast("tuple[str, int, int]", (message.topic(), message.partition(), message.offset()))
    batch.positions[topic, partition] = offset + 1
    key: Any = message.key()
    value: Any = message.value()
    return topic, partition, offset, key, value

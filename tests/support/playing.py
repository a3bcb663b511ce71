"""A folder of source files played through mappings and heart in this process: which alerts it ends in."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from connectors.sources.errors import Problem
from connectors.sources.mapping_files import load_mapping
from connectors.sources.reading import read_events
from schemas.clock import ClockTicked
from schemas.topics import INPUT_TOPICS
from streams.codec import Door
from streams.rules import Rules
from streams.step import Arrival, step
from streams.view import View

__all__ = ["alerts_by_kind"]


def alerts_by_kind(folder: Path, rules: Rules, *mappings: str) -> Counter[str]:
    """Kind -> alerts raised, when each customer's events are folded in event-time order up to the last of all."""
    customers: dict[str, list[Arrival]] = {}
    now, door = datetime.min.replace(tzinfo=UTC), Door()
    for offset, sent in enumerate(read_events([load_mapping(name) for name in mappings], folder, _refuse)):
        event = door.parse(sent.topic, sent.key.encode(), sent.value)
        assert not isinstance(event, ClockTicked)
        now = event.occurred_at
        arrival = Arrival(event, sent.topic, "topic-1", 0, offset, now)
        customers.setdefault(event.customer_id, []).append(arrival)
    counts: Counter[str] = Counter()
    for customer_id, arrivals in customers.items():
        arrivals.sort(key=lambda arrival: (arrival.at, INPUT_TOPICS.index(arrival.topic)))
        result = step(View(customer_id, {}), arrivals, rules, now, "2026-01-01T00:00:00Z")
        counts.update(alert.section["kind"] for alert in result.alerts if alert.section["change"] == "raised")
    return counts


def _refuse(problem: Problem) -> None:
    raise AssertionError(problem)

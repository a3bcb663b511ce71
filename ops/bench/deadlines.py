"""A million deadlines that fall due on one day: what they take while they wait, and what they do to the stream.

`python -m ops.bench.deadlines` builds one partition of customers with a term deposit each, all of one maturity, lets
the clock pass the day on which all of them are told of, and goes on folding entries meanwhile. It prints bytes and
microseconds per deadline, and how long a fold of entries takes before and during the flood, in processor time.
"""

import gc
import os
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import thread_time
from typing import Any, Final, NamedTuple

import orjson

from ops.bench.engine import Message
from ops.rules import DEFAULT_RULE_FILE
from schemas.accounts import AccountOpened
from schemas.topics import INPUT_TOPICS
from schemas.views import section_key
from streams.codec import Door, encode_section
from streams.partition import Partition, PartitionConfig
from streams.rules import Rules
from streams.rules.load import load_rules
from streams.step import Arrival, step
from streams.view import View

__all__ = ["Flood", "Found"]

CUSTOMERS: Final = 1_000_000
ENTRIES: Final = 200
"""Records a fold finds waiting: 4,000 a second, at one flush in 50 ms."""
CALM: Final = 200
"""Folds measured before the day."""
OPENED: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
TOLD: Final = datetime(2026, 6, 1, tzinfo=UTC)
"""30 days before the maturity of all."""
TEMPLATE: Final = "C0000000"
"""The customer of whom all others are copies."""

TOPIC_ID: Final = "AAAAAAAAAAAAAAAAAAAAAA"


class Found(NamedTuple):
    """What was measured."""

    section_bytes: float
    queue_bytes: float
    deadline_us: float
    calm_ms: list[float]
    flooded_ms: list[float]
    fired: int
    in_order: bool


class Flood:
    """The partition."""

    def __init__(self, customers: int) -> None:
        self._customers = customers
        rules = Rules(load_rules(DEFAULT_RULE_FILE))
        config = PartitionConfig(rules, Door(), dict.fromkeys(INPUT_TOPICS, TOPIC_ID), clock="wall")
        self._partition = Partition(0, config)
        self._wall = TOLD - timedelta(hours=1)
        self._offset = self._seq = 0
        self.section_bytes = 0.0

    def build(self) -> float:
        """Put all views in place as a take-over does; the bytes that the queue takes, per deadline."""
        restore = self._partition.restorer()
        template = self._template()
        self.section_bytes = len(template["deadlines"])
        for number in range(self._customers):
            name_of, raw_of = f"C{number:07d}", f"C{number:07d}".encode()
            restore(
                [section_key(name_of, name.replace(TEMPLATE, name_of)).encode() for name in template],
                [raw.replace(TEMPLATE.encode(), raw_of) for raw in template.values()],
            )
        gc.collect()
        before = _resident()
        self._partition.recovered(dict.fromkeys(INPUT_TOPICS, 0))
        gc.collect()
        return (_resident() - before) / self._customers

    @staticmethod
    def _template() -> dict[str, bytes]:
        terms = {"product": "term", "opened_on": "2026-01-05", "maturity_on": "2026-07-01"}
        told = orjson.dumps(_event("account.opened", TEMPLATE, 0, OPENED) | terms)
        opened = AccountOpened.model_validate_json(told)
        view = View(TEMPLATE, {})
        arrival = Arrival(opened, "account-changes", TOPIC_ID, 0, 0, OPENED)
        step(view, [arrival], Rules(load_rules(DEFAULT_RULE_FILE)), OPENED, "2026-01-05T08:00:00Z")
        return {name: encode_section(section) for name, section in view.changed.items()}

    def run(self) -> Found:
        """Folds before the day and through the flood, with entries waiting for each."""
        queue_bytes = self.build()
        self._fold()
        calm = [self._fold()[0] for _ in range(CALM)]
        self._wall = TOLD
        flooded: list[float] = []
        order: list[str] = []
        while len(order) < self._customers:
            milliseconds, raised = self._fold()
            flooded.append(milliseconds)
            order += raised
        beside = sum(flooded) - statistics.median(calm) * len(flooded)
        is_in_order = order == sorted(order)
        return Found(self.section_bytes, queue_bytes, beside / len(order) * 1e3, calm, flooded, len(order), is_in_order)

    def _fold(self) -> tuple[float, list[str]]:
        """Milliseconds of one fold, and whose deadlines it fired, in order."""
        # Entries of customers who have left the queue already, so that only the clock fires deadlines.
        messages = [self._entry() for _ in range(ENTRIES)]
        self._partition.receive("account-changes", messages)
        self._wall += timedelta(milliseconds=50)
        began = thread_time()
        flush = self._partition.fold(ENTRIES, self._wall)
        took = (thread_time() - began) * 1e3
        assert flush is not None
        assert flush.records == ENTRIES
        return took, [(output.key or b"").decode() for output in flush.alerts if output.topic == "alerts.maturity"]

    def _entry(self) -> Message:
        self._offset, self._seq = self._offset + 1, self._seq + 1
        customer_id = f"D{self._offset % 5_000:07d}"
        facts = {"amount_minor": 100, "balance_minor": 5_000, "booked_on": "2026-06-01"}
        value = orjson.dumps(_event("account.entry_booked", customer_id, self._seq, self._wall) | facts)
        return Message(self._offset, int(self._wall.timestamp() * 1e3), customer_id.encode(), value)


def _resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _event(kind: str, customer_id: str, seq: int, at: datetime) -> dict[str, Any]:
    instant = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    header = {"event_id": f"{customer_id}:{seq}", "type": kind, "customer_id": customer_id, "source": "core"}
    return header | {
        "source_seq": seq,
        "occurred_at": instant,
        "recorded_at": instant,
        "account_id": f"A{customer_id}",
        "currency": "CZK",
    }


def main() -> None:
    """Print what a million deadlines cost."""
    gc.set_threshold(50_000, 10, 1_000)
    found = Flood(CUSTOMERS).run()
    print(f"{found.fired:,} deadlines of one day, {'in order' if found.in_order else 'NOT IN ORDER'}")
    print(f"waiting: {found.queue_bytes:.0f} bytes each in the queue, {found.section_bytes:.0f} in the section at rest")
    print(f"firing: {found.deadline_us:.0f} us each, over {len(found.flooded_ms):,} folds")
    for name, folds in (("calm", found.calm_ms), ("flooded", found.flooded_ms)):
        cuts = statistics.quantiles(folds, n=100)
        print(f"a fold of {ENTRIES} entries, {name}: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")


if __name__ == "__main__":
    main()

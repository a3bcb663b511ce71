"""How long an alert takes from its event to its topic and to a page that shows it."""

import threading
from collections.abc import Sequence
from contextlib import closing
from itertools import cycle, islice
from time import sleep, time
from typing import Any, Final

import orjson
from confluent_kafka import Producer
from playwright.sync_api import Page

from connectors.serving.alert_feed import AlertFeed
from connectors.sources.ordering import OutgoingEvent
from connectors.sources.publishing import create_producer, publish
from ops.bench.stage import await_that
from ops.bench.workload import LARGE_MINOR

__all__ = ["IDLE_S", "PATIENCE_MS", "alert_latency"]

ENTRY: Final = "account.entry_booked"
PATIENCE_MS: Final = 60_000
IDLE_S: Final = 10.0
"""Without any event, before the first whose alert is timed."""


class Topic(threading.Thread):
    """When each alert could be read from its topic by a consumer of committed records."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, tuple[float, dict[str, Any]]] = {}
        """Alert -> instant, the alert."""
        self.ready = threading.Event()
        self.over = threading.Event()
        self._kafka = bootstrap

    def run(self) -> None:
        """Until it is over."""
        with closing(AlertFeed(self._kafka, from_start=False)) as feed:
            while not self.over.is_set():
                for published in feed.take(0.1):
                    told = orjson.loads(published.value)
                    self.seen.setdefault(told["alert_id"], (time(), told))
                if feed.following:
                    self.ready.set()


def alert_latency(kafka: str, page: Page, whose: Sequence[str], times: int) -> dict[str, list[float]]:
    """Leg -> milliseconds, of so many alerts one after the other: from the event, from the topic, to the screen."""
    topic = Topic(kafka)
    topic.start()
    topic.ready.wait(PATIENCE_MS / 1000)
    producer = a_source(kafka, whose[0])
    sleep(IDLE_S)
    found: dict[str, list[float]] = {"event to topic": [], "topic to screen": [], "event to screen": []}
    # Of a number that no run before has used.
    for sequence, customer_id in enumerate(islice(cycle(whose), times), int(time())):
        account_id = f"A{customer_id}-0"
        event, sent = an_entry(customer_id, account_id, sequence, LARGE_MINOR + sequence), time()
        publish([event], producer)
        alert_id, on_topic = await_alert(topic, account_id, sequence)
        page.wait_for_function("id => window.c360bench.alerts[id] > 0", arg=alert_id)
        on_screen = page.evaluate("id => window.c360bench.alerts[id]", alert_id) / 1000
        legs = (on_topic - sent, on_screen - on_topic, on_screen - sent)
        for name, seconds in zip(found, legs, strict=True):
            found[name].append(1000 * seconds)
    topic.over.set()
    topic.join()
    return found


def a_source(kafka: str, customer_id: str) -> Producer:
    """The producer of a source that has sent before: a new one waits half a second for its id, with its first event."""
    producer = create_producer(kafka)
    publish([an_entry(customer_id, f"A{customer_id}-0", int(time()) - 1, 1_00)], producer)
    return producer


def await_alert(topic: Topic, account_id: str, sequence: int) -> tuple[str, float]:
    """The alert of that entry, and when it stood on its topic."""
    wanted: list[tuple[str, float]] = []

    def is_there() -> bool:
        for alert_id, (at, told) in list(topic.seen.items()):
            payload = told["payload"]
            if payload.get("account_id") == account_id and payload.get("amount_minor") == LARGE_MINOR + sequence:
                wanted.append((alert_id, at))
        return bool(wanted)

    await_that(is_there, PATIENCE_MS / 1000, every=0.002)
    return wanted[0]


def an_entry(customer_id: str, account_id: str, sequence: int, amount_minor: int) -> OutgoingEvent:
    """An entry; one of `LARGE_MINOR` and more raises `large_entry`, and is known by its amount."""
    at = "2026-11-25T12:00:00Z"
    event_id = f"{account_id}:{sequence}"
    told = {
        "event_id": event_id,
        "type": ENTRY,
        "customer_id": customer_id,
        "source": "core",
        "source_seq": sequence,
        "occurred_at": at,
        "recorded_at": at,
        "account_id": account_id,
        "amount_minor": amount_minor,
        "balance_minor": 3_000_000,
        "currency": "CZK",
        "booked_on": at[:10],
    }
    return OutgoingEvent((at,), "account-changes", customer_id, orjson.dumps(told), event_id, ENTRY)

"""Open-loop latency: events sent when they are due, and two observers who believe nothing that c360 says of itself.

An event's clock starts when it is due, not when the sender got round to it, so a stall counts for all it delays. The
Redis observer polls the account's own field until it shows the entry (or a newer one); the alert observer reads the
topic with read_committed and knows the cause by its position, as the broker acknowledged it.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any, Final

import orjson
import redis
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata
from confluent_kafka import Consumer, TopicPartition

from connectors.redis_keys import Keys
from connectors.sources.ordering import OutgoingEvent
from ops.bench.statistics import Quantiles, quantiles
from schemas.views import account_section

__all__ = ["Latency", "Target", "measure_latency"]

POLL_SECONDS: Final = 0.005
LINGER_MS: Final = 2
"""Of the sender, part of every latency measured. Without any, each event is a request of its own to the broker."""
STRAGGLERS_SECONDS: Final = 15.0
PROBED_EVERY: Final = 10
"""One entry in so many is looked for in Redis; every alert is."""
ALERTS: Final = "alerts.balance"

Position = tuple[str, int, int]


@dataclass(frozen=True)
class Target:
    """Where to send and where to look."""

    bootstrap: str
    redis_url: str | None
    """None: nobody looks there, as no projector runs."""
    partitions: int


@dataclass(frozen=True)
class Latency:
    """What a rate led to."""

    rate: int
    sent: int
    missed_redis: int
    """Probes that never showed."""
    redis: Quantiles | None
    alert: Quantiles | None


@dataclass(frozen=True)
class _Probe:
    customer_id: str
    section: str
    seq: int
    due: float


@dataclass
class _Ledger:
    """What was sent, shared by the sender and the observers; appends and pops of these are atomic."""

    sent: list[_Probe] = field(default_factory=list)
    due_of: dict[Position, float] = field(default_factory=dict)
    alerts_seen: list[tuple[Position, float]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def measure_latency(
    target: Target, events: Iterator[OutgoingEvent], rate: int, warm_up_seconds: float, seconds: float
) -> Latency:
    """Send so many events a second for so long to a system that is caught up, after a warm-up that is not measured.

    Events are made before the clock runs: what it takes to invent them is the bench's alone, and the cores are shared.
    """
    warm_up, measured = (list(islice(events, int(rate * each))) for each in (warm_up_seconds, seconds))
    _send(target.bootstrap, warm_up, rate, _Ledger())
    ledger = _Ledger()
    watcher = None if target.redis_url is None else _RedisWatcher(target.redis_url, ledger)
    reader = _AlertReader(target, ledger)
    observers: list[_AlertReader | _RedisWatcher] = [reader] if watcher is None else [reader, watcher]
    threads = [threading.Thread(target=observer.run, daemon=True) for observer in observers]
    for thread in threads:
        thread.start()
    reader.ready.wait(STRAGGLERS_SECONDS)
    sent = _send(target.bootstrap, measured, rate, ledger)
    ledger.over.set()
    for thread in threads:
        thread.join(2 * STRAGGLERS_SECONDS)
    alerts = [seen - ledger.due_of[cause] for cause, seen in ledger.alerts_seen if cause in ledger.due_of]
    if watcher is None:
        return Latency(rate, sent, 0, None, quantiles(alerts))
    return Latency(rate, sent, watcher.missed, quantiles(watcher.found), quantiles(alerts))


def _send(bootstrap: str, events: Iterable[OutgoingEvent], rate: int, ledger: _Ledger) -> int:
    return asyncio.run(_sending(bootstrap, events, rate, ledger))


async def _sending(bootstrap: str, events: Iterable[OutgoingEvent], rate: int, ledger: _Ledger) -> int:
    """With aiokafka, which sends all partitions of a broker in one request: librdkafka makes a request of each, at such
    rates one an event, and the broker would be busy with the sender alone."""
    create: Any = AIOKafkaProducer
    async with create(bootstrap_servers=bootstrap, acks="all", linger_ms=LINGER_MS) as producer:
        began, sent = monotonic(), 0
        for event in events:
            due = began + sent / rate
            if (early := due - monotonic()) > 0:
                await asyncio.sleep(early)
            acknowledged = await producer.send(event.topic, event.value, event.key.encode())
            acknowledged.add_done_callback(partial(_note, ledger, due))
            if not sent % PROBED_EVERY and (probe := _probe(event, due)):
                ledger.sent.append(probe)
            sent += 1
    return sent


def _note(ledger: _Ledger, due: float, acknowledged: "asyncio.Future[RecordMetadata]") -> None:
    written = acknowledged.result()
    ledger.due_of[written.topic, written.partition, written.offset] = due


def _probe(event: OutgoingEvent, due: float) -> _Probe | None:
    if event.type != "account.entry_booked":
        return None
    told = orjson.loads(event.value)
    return _Probe(event.key, account_section(told["account_id"]), told["source_seq"], due)


class _RedisWatcher:
    """Polls what was sent and has not shown yet, all of it in one round trip."""

    def __init__(self, url: str, ledger: _Ledger) -> None:
        self.found: list[float] = []
        self.missed = 0
        self._redis: Any = redis.Redis.from_url(url)
        self._ledger = ledger
        self._keys = Keys()

    def run(self) -> None:
        """Until all that was sent has shown, or some time after the end."""
        with closing(self._redis):
            taken, waiting, give_up = 0, list[_Probe](), float("inf")
            while monotonic() < give_up:
                if self._ledger.over.is_set() and give_up == float("inf"):
                    give_up = monotonic() + STRAGGLERS_SECONDS
                fresh = self._ledger.sent[taken:]
                taken += len(fresh)
                waiting = self._look([*waiting, *fresh])
                if not waiting and self._ledger.over.wait(POLL_SECONDS) and taken == len(self._ledger.sent):
                    break
                threading.Event().wait(POLL_SECONDS)
            self.missed = len(waiting)

    def _look(self, probes: Sequence[_Probe]) -> list[_Probe]:
        """The probes that do not show yet."""
        if not probes:
            return []
        with self._redis.pipeline(transaction=False) as pipeline:
            for probe in probes:
                pipeline.hget(self._keys.view(probe.customer_id), probe.section)
            answers: list[bytes | None] = pipeline.execute()
        now, left = monotonic(), []
        for probe, raw in zip(probes, answers, strict=True):
            if raw is not None and orjson.loads(raw)["order"].get("balance", -1) >= probe.seq:
                self.found.append(now - probe.due)
            else:
                left.append(probe)
        return left


class _AlertReader:
    """Reads the alerts as a downstream system would."""

    def __init__(self, target: Target, ledger: _Ledger) -> None:
        self.ready = threading.Event()
        self._target = target
        self._ledger = ledger

    def run(self) -> None:
        """Until nothing more has come for some time after the end."""
        with closing(self._consumer()) as consumer:
            consumer.assign([self._end(consumer, number) for number in range(self._target.partitions)])
            self.ready.set()
            quiet_since = monotonic()
            while not (self._ledger.over.is_set() and monotonic() - quiet_since > 1.0):
                message = consumer.poll(0.1)
                if message is not None and message.error() is None:
                    quiet_since = monotonic()
                    if (cause := _cause_of_raised(message)) is not None:
                        self._ledger.alerts_seen.append((cause, quiet_since))

    def _consumer(self) -> Consumer:
        settings: dict[str, Any] = {
            "bootstrap.servers": self._target.bootstrap,
            "group.id": "c360-bench-alerts",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
            "log_level": 0,
        }
        return Consumer(settings)

    def _end(self, consumer: Consumer, number: int) -> TopicPartition:
        _, end = consumer.get_watermark_offsets(TopicPartition(ALERTS, number), timeout=STRAGGLERS_SECONDS)
        return TopicPartition(ALERTS, number, end)


def _cause_of_raised(message: Any) -> Position | None:
    """None for a later change of an alert, which tells its first cause again."""
    alert = orjson.loads(message.value())
    cause = alert["proof"]["causes"][0]
    return (cause["topic"], cause["partition"], cause["offset"]) if alert["change"] == "raised" else None

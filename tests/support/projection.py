"""A topic like `customer-views` that tests write as workers do, a projector in a thread, and what Redis then holds."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from zlib import crc32

import redis
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.identifiers import Identifiers
from connectors.indexing import Entry, Indexing
from connectors.redis_keys import POSITION, Keys
from connectors.sinks.redis_projection import Patience, Projector
from connectors.sinks.redis_store import RedisStore
from connectors.sinks.views_log import ViewsLog
from schemas.views import PROFILE, SUMMARY
from tests.support.waiting import eventually

__all__ = ["IDENTIFIERS", "Figures", "RunningProjector", "ViewsTopic", "doubts_in", "entries_in", "views_in"]

PARTITIONS = 2
KEYS = Keys()
IDENTIFIERS = Identifiers(b"the tests' own secret")
ORDINARY = Patience()


def wall_clock() -> float:
    """Unix seconds."""
    return datetime.now(UTC).timestamp()  # noqa: TID251  a test of the edge


class ViewsTopic:
    """A compacted topic of sections; `newest` is what a reader of all of it ends with."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self.bootstrap = bootstrap
        self.name = name
        self.newest: dict[str, dict[str, bytes]] = {}
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._producer = self._fresh_producer()

    def create(self) -> Self:
        """Create it, and return once the broker knows it."""
        self._admin.create_topics([NewTopic(self.name, PARTITIONS, 1)])[self.name].result()
        eventually(lambda: self.name in self._admin.list_topics(timeout=60).topics)
        return self

    def recreate(self) -> None:
        """Delete it with all it holds and create it anew."""
        self._admin.delete_topics([self.name])[self.name].result()
        eventually(lambda: self.name not in self._admin.list_topics(timeout=60).topics)
        self.newest.clear()
        self.create()
        self._producer = self._fresh_producer()

    def _fresh_producer(self) -> Producer:
        # Without idempotence a retry could put records of a key in another order.
        settings = {"bootstrap.servers": self.bootstrap, "enable.idempotence": True, "linger.ms": 0, "log_level": 0}
        return Producer(settings)

    def flush(self, customer: str, sections: Mapping[str, bytes | None]) -> None:
        """What a worker's flush writes for a customer: the sections given, then the summary."""
        for section, value in sections.items():
            if section != SUMMARY:
                self.put(customer, section, value)
        self.put(customer, SUMMARY, sections.get(SUMMARY, b'{"as_of":"2020-01-01T00:00:00Z"}'))

    def put(self, owner: str, section: str, value: bytes | None) -> None:
        """One record; in the topic once `settle` returns."""
        partition = crc32(owner.encode()) % PARTITIONS
        self._producer.produce(self.name, value, f"{owner}/{section}", partition=partition)
        self._producer.poll(0)
        known = self.newest.setdefault(owner, {})
        if value is None:
            known.pop(section, None)
        else:
            known[section] = value

    def settle(self) -> None:
        """Wait until all records are in the topic."""
        assert self._producer.flush(30) == 0

    def views(self) -> dict[str, dict[str, bytes]]:
        """The customers that have sections, newest of each."""
        return {customer: sections for customer, sections in self.newest.items() if sections}

    def entries(self, keys: Keys = KEYS) -> dict[Entry, float]:
        """Entry -> score of the indexes, as the newest sections ask for."""
        entries: dict[Entry, float] = {}
        indexing = Indexing(keys, IDENTIFIERS)
        for customer, sections in self.newest.items():
            asked = indexing.entries(customer, sections, sections.get(PROFILE))
            entries.update({entry: score or 0 for entry, score in asked.items()})
        return entries


class Figures:
    """Metrics that are only counted."""

    def __init__(self) -> None:
        self.records = 0
        self.outcomes: Counter[str] = Counter()
        self.ages: list[float] = []
        self.behind: int | None = None
        self.records_held = 0
        self.orphans = 0
        self.evicting = False
        self.up: dict[str, bool] = {}
        self.failures: Counter[str] = Counter()
        self.seeks: Counter[str] = Counter()
        self.lags: dict[int, int] = {}

    def read(self, records: int) -> None:
        self.records += records

    def written(self, customers: Mapping[str, int], sections: int, seconds: float) -> None:  # noqa: ARG002  a Protocol's
        self.outcomes.update(customers)

    def latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        self.ages += [at - timestamp_ms / 1000 for timestamp_ms in timestamps_ms]

    def workers_behind(self, records: int) -> None:
        self.behind = records

    def lag(self, partition: int, records: int) -> None:
        self.lags[partition] = records

    def held(self, records: int) -> None:
        self.records_held = records

    def evicts(self, on: bool, /) -> None:
        self.evicting = on

    def orphaned(self, customers: int) -> None:
        self.orphans += customers

    def dependency(self, name: str, *, up: bool) -> None:
        self.up[name] = up
        self.failures[name] += not up

    def seek(self, reason: str) -> None:
        self.seeks[reason] += 1


class RunningProjector:
    """A projector in a thread for the time of a `with`; an error that ended it is raised at the end."""

    def __init__(
        self, topic: ViewsTopic, redis_url: str, *, patience: Patience = ORDINARY, store: RedisStore | None = None
    ) -> None:
        self.figures = Figures()
        self._topic = topic
        self._log = ViewsLog(topic.bootstrap, topic.name, f"{topic.name}-projector", time.monotonic)
        self._store = store or RedisStore(redis_url, IDENTIFIERS)
        self.projector = Projector(self._log, self._store, self.figures, wall_clock, patience=patience)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(60)
        self._log.close()
        self._store.close()
        if self._error is not None:
            raise self._error

    def expect_crash(self, kind: type[BaseException]) -> None:
        """Wait until it has ended by itself, with an error of this kind."""
        eventually(lambda: not self._thread.is_alive())
        assert isinstance(self._error, kind)
        self._error = None

    def _run(self) -> None:
        try:
            self.projector.run(self._stop)
        except Exception as error:  # noqa: BLE001  carried into the test's thread
            self._error = error


def views_in(client: "redis.Redis", keys: Keys = KEYS) -> dict[str, dict[str, bytes]]:
    """Customer -> sections, of all views in Redis that have any."""
    views: dict[str, dict[str, bytes]] = {}
    for key in client.scan_iter(keys.views_pattern, count=1000):
        found: Any = client.hgetall(key)
        sections = {name.decode(): value for name, value in found.items() if name.decode() != POSITION}
        if sections:
            views[keys.customer_of(key.decode())] = sections
    return views


def entries_in(client: "redis.Redis", keys: Keys = KEYS) -> dict[Entry, float]:
    """Entry -> score, of all indexes in Redis; nothing else there may be a sorted set."""
    entries: dict[Entry, float] = {}
    for key in client.scan_iter(keys.pattern, count=1000, _type="zset"):
        found: Any = client.zrange(key, 0, -1, withscores=True)
        entries.update({Entry(key.decode(), member.decode()): score for member, score in found})
    return entries


def doubts_in(client: "redis.Redis") -> list[bytes]:
    """What is noted as doubtful, of all customers."""
    return list(client.scan_iter(KEYS.doubt("*"), count=1000))

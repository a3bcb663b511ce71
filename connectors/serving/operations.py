"""How far everything is: each input topic, each partition, what went aside. Looked at now and then, told at once."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, OffsetSpec
from redis import Redis
from redis.exceptions import RedisError

from connectors.brokers import Kafka, client_of
from connectors.group_ends import Ends, GroupEnds, Standing
from connectors.kept_records import KeptRecords
from connectors.redis_keys import DEFAULT_NAMESPACE, POINTER, RESUME_VIEWS, Keys
from schemas.topics import CUSTOMER_VIEWS, DEAD_LETTERS, INPUT_TOPICS, LATE_EVENTS
from schemas.views import PROGRESS

__all__ = ["OperationsWatch"]

_EVERY_S: Final = 2.0
_TIMEOUT_S: Final = 5.0
_GRACE_S: Final = 2.0

_UNKNOWN: Final[Mapping[str, Any]] = {"sources": [], "dead_letters": None, "late_events": None}


class OperationsWatch:
    """Looks every two seconds, in a thread of its own; what can't be seen now is told as unknown."""

    def __init__(self, bootstrap: Kafka, group: Callable[[], str | None], redis: "Redis", partitions: int) -> None:
        """`group` says which one the workers are now; None: that is not known."""
        self._ends = GroupEnds(bootstrap, group)
        self._kept = KeptRecords(bootstrap)
        self._admin = AdminClient(client_of(bootstrap))
        self._redis = redis
        self._partitions = partitions
        self._of_kafka: Mapping[str, Any] = _UNKNOWN
        self._of_redis: list[dict[str, Any]] = []
        self._views_topic = CUSTOMER_VIEWS
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="operations", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        # It may be waiting for a Kafka that does not answer, and ends with the process.
        if self._thread.is_alive():
            self._thread.join(_GRACE_S)
        if not self._thread.is_alive():
            self._ends.close()
            self._kept.close()

    def told(self) -> dict[str, Any]:
        """`sources`, `partitions`, `dead_letters`, `late_events`."""
        return {**self._of_kafka, "partitions": self._of_redis}

    def views_topic(self) -> str:
        """The topic whose views lookups read: another one once they read another generation of the views."""
        return self._views_topic

    def clock(self) -> datetime | None:
        """The newest clock of a partition, as the views in Redis have it."""
        clocks = [partition["clock_at"] for partition in self._of_redis if partition["clock_at"]]
        return datetime.fromisoformat(max(clocks)).astimezone(UTC) if clocks else None

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(_EVERY_S)

    def look(self) -> None:
        """Look once."""
        try:
            ends = self._ends.of((*INPUT_TOPICS, DEAD_LETTERS, LATE_EVENTS))
            self._of_kafka = _UNKNOWN if ends is None else self._kafka(ends)
        except KafkaException:
            self._of_kafka = _UNKNOWN
        try:
            self._of_redis = self._progress()
        except RedisError:
            self._of_redis = []

    def _kafka(self, ends: Ends) -> dict[str, Any]:
        sources = [topic for topic in INPUT_TOPICS if topic in ends]
        newest = self._newest(sources, ends)
        return {
            "sources": [{**self._source(topic, ends[topic]), "newest_at": newest.get(topic)} for topic in sources],
            "dead_letters": self._records(ends, DEAD_LETTERS),
            "late_events": self._records(ends, LATE_EVENTS),
        }

    def _records(self, ends: Ends, topic: str) -> int | None:
        """What the topic keeps; None where there is none, or while there is more than was counted yet."""
        if topic not in ends:
            return None
        return self._kept.of({(topic, at.partition): (low, high) for at, low, high in ends[topic]})

    def _source(self, topic: str, ends: Sequence[Standing]) -> dict[str, Any]:
        behind = sum(self._ends.unread(standing) for standing in ends)
        return {"topic": topic, "records": sum(high - low for _, low, high in ends), "lag": behind}

    def _newest(self, topics: Sequence[str], ends: Ends) -> dict[str, str]:
        """Topic -> instant of its newest record by the record's own timestamp; without those that have none.

        A broker that can't say (before 3.0) leaves it unknown: the rest is told all the same.
        """
        of_all: Any = OffsetSpec
        asked = {position: of_all.max_timestamp() for topic in topics for position, _, _ in ends[topic]}
        newest: dict[str, int] = {}
        for position, told in self._admin.list_offsets(asked, request_timeout=_TIMEOUT_S).items() if asked else ():
            try:
                found = told.result()
            except KafkaException:
                continue
            if found.offset >= 0:
                newest[position.topic] = max(found.timestamp, newest.get(position.topic, 0))
        return {topic: datetime.fromtimestamp(ms / 1000, UTC).isoformat() for topic, ms in newest.items()}

    def _progress(self) -> list[dict[str, Any]]:
        namespace: Any = self._redis.get(POINTER)
        keys = Keys(namespace.decode() if namespace else DEFAULT_NAMESPACE)
        topic: Any = self._redis.hget(keys.resume, RESUME_VIEWS)
        if topic is not None:
            self._views_topic = topic.decode()
        found: list[dict[str, Any]] = []
        for number in range(self._partitions):
            raw: Any = self._redis.hget(keys.partition(number), PROGRESS)
            progress = orjson.loads(raw) if raw else {}
            counts = progress.get("counts", {})
            told = {name: counts.get(name, 0) for name in ("folded", "late", "dead")}
            found.append({"partition": number, "clock_at": progress.get("clock_at"), **told})
        return found

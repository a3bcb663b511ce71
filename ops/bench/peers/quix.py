"""The peer on Quix Streams, run in an environment of its own (`quix.lock`): it needs an older confluent-kafka.

A StreamingDataFrame over all topics with one state store (RocksDB, its only one, changelogged), alerts produced to a
topic, Redis written by a sink, which the library flushes before each commit: changed views once, in one MSET.
Views pass the store as bytes, encoded by orjson, not by its own JSON. Mode `at_least_once` or `exactly_once`.
"""

from typing import Any, Final

import orjson
import redis
from quixstreams import Application
from quixstreams.sinks import BaseSink

from ops.bench.peers.banking import JOB_TOPICS, Malformed, fold, parse
from ops.bench.peers.program import VIEW_KEY, Program, told

COMMIT_SECONDS: Final = 0.5
VIEW, ALERT, DEAD = "view", "alert", "dead"


class RedisSink(BaseSink):  # type: ignore[misc]  # the library is there in the peer's own environment only
    """The newest view of each customer since the last commit.

    The library's batching sink keeps a batch per topic, which would bring the views of one customer out of order.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._redis: Any = redis.Redis.from_url(url)
        self._views: dict[str, bytes] = {}

    def add(self, value: bytes, key: bytes, **_where: Any) -> None:
        """Called for every view."""
        self._views[VIEW_KEY + key.decode()] = value

    def flush(self) -> None:
        """Called before positions are committed."""
        if self._views:
            self._redis.mset(self._views)
            self._views.clear()


def run(program: Program) -> None:
    """Until SIGTERM or SIGINT, which the library minds itself."""
    app = _application(program)
    raw = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    frames = [app.dataframe(app.topic(name, **raw)) for name in JOB_TOPICS]
    frame = frames[0]
    for other in frames[1:]:
        frame = frame.concat(other)
    parts = frame.apply(_fold, stateful=True, metadata=True, expand=True)
    bare = {"key_serializer": "bytes", "value_serializer": "bytes"}
    # Where the frame forks the library copies every value: once for the views, and again only for what is rare.
    parts.filter(lambda part: part[0] == VIEW).apply(_value).sink(RedisSink(program.redis_url))
    rare = parts.filter(lambda part: part[0] != VIEW)
    rare.filter(lambda part: part[0] == ALERT).apply(_value).to_topic(app.topic(program.alerts, **bare))
    rare.filter(lambda part: part[0] == DEAD).apply(_value).to_topic(app.topic(program.dead_letters, **bare))
    app.run()


def _application(program: Program) -> Application:
    return Application(
        broker_address=program.bootstrap,
        consumer_group=program.app_id,
        auto_offset_reset="earliest",
        processing_guarantee=program.mode.replace("_", "-"),
        commit_interval=COMMIT_SECONDS,
        state_dir=program.folder,
        loglevel="WARNING",
        consumer_poll_timeout=0.05,
        producer_extra_config={"linger.ms": 5, "batch.num.messages": 4_000, "queue.buffering.max.messages": 500_000},
    )


def _fold(value: bytes, key: bytes, _timestamp: int, _headers: Any, state: Any) -> list[tuple[str, bytes]]:
    try:
        event = parse(key, value)
    except Malformed:
        return [(DEAD, value)]
    before = state.get_bytes("v")
    view = orjson.loads(before) if before else {}
    parts = [(ALERT, orjson.dumps(alert)) for alert in fold(view, event)]
    after = orjson.dumps(view)
    state.set_bytes("v", after)
    return [*parts, (VIEW, after)]


def _value(part: tuple[str, bytes]) -> bytes:
    return part[1]


if __name__ == "__main__":
    run(told())

"""The peer: a Faust application as its documentation would have it, in a process of its own.

`python -m ops.bench.plain_faust ID BOOTSTRAP REDIS PARTITIONS each|take`. At least once, a changelogged table with a
view per customer, alerts produced to a topic, the view set in Redis before the event is acknowledged. `each` takes
events one by one; `take` takes up to 2,000 at once, writes each changed view once, and Redis in one MSET: as far as
stock Faust goes. Both have what costs nothing: uvloop, no web server, no leader topic, no waiting for empty streams,
the collector's thresholds as c360's worker has them.
"""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import faust
import orjson
import redis.asyncio
import uvloop

from ops.bench.peer_views import View, fold
from ops.bench.workload import JOB_TOPICS
from streams.codec import Door

TAKEN_AT_ONCE: Final = 2_000
TAKEN_WITHIN: Final = 0.1
VIEW_KEY: Final = "bench:view:"

Take = Callable[[Any], Awaitable[None]]


def alert_topic(app_id: str) -> str:
    """Where the peer of this id produces its alerts; to be created before it starts."""
    return f"{app_id}-alerts"


def create_app(app_id: str, bootstrap: str, partitions: int) -> faust.App:
    """The app, its settings being those that a careful user would choose."""
    return faust.App(
        app_id,
        broker=f"kafka://{bootstrap}",
        store="memory://",
        processing_guarantee="at_least_once",
        topic_partitions=partitions,
        topic_replication_factor=1,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        autodiscover=False,
    )


class Job:
    """The agents' bodies, over one table."""

    def __init__(self, app: faust.App, partitions: int, redis_url: str) -> None:
        self.inputs = app.topic(*JOB_TOPICS, key_type=bytes, value_type=bytes, value_serializer="raw")
        self._alerts = app.topic(alert_topic(app.conf.id), key_type=str, value_type=bytes, value_serializer="raw")
        # take() hands on many events, and a table would otherwise log all of them to the partition of the last one.
        self._views = app.Table("views", key_type=str, value_type=dict, partitions=partitions, use_partitioner=True)
        self._redis = redis.asyncio.Redis.from_url(redis_url)
        self._door = Door()

    async def each(self, stream: Any) -> None:
        """One event after another."""
        async for event in stream.events():
            customer_id, view, alerts = self._fold(event)
            self._views[customer_id] = view
            for alert in alerts:
                await self._alerts.send(key=customer_id, value=orjson.dumps(alert))
            await self._redis.set(f"{VIEW_KEY}{customer_id}", orjson.dumps(view))

    async def take(self, stream: Any) -> None:
        """Many events at once."""
        async for events in stream.take_events(TAKEN_AT_ONCE, within=TAKEN_WITHIN):
            await self._take(events)

    async def _take(self, events: Iterable[Any]) -> None:
        changed: dict[str, View] = {}
        raised: list[dict[str, Any]] = []
        for event in events:
            customer_id, view, alerts = self._fold(event, changed)
            changed[customer_id] = view
            raised += alerts
        for customer_id, view in changed.items():
            self._views[customer_id] = view
        for alert in raised:
            await self._alerts.send(key=alert["customer_id"], value=orjson.dumps(alert))
        await self._redis.mset({f"{VIEW_KEY}{number}": orjson.dumps(view) for number, view in changed.items()})

    def _fold(self, event: Any, changed: dict[str, View] | None = None) -> tuple[str, View, list[dict[str, Any]]]:
        message = event.message
        parsed = self._door.parse(message.topic, message.key, event.value)
        customer_id: str = parsed.customer_id  # type: ignore[union-attr]  # no tick is among the job's topics
        view = (changed or {}).get(customer_id) or self._views.get(customer_id) or {}
        return customer_id, view, fold(view, parsed)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    app_id, bootstrap, redis_url, partitions, mode = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING)
    gc.set_threshold(50_000, 10, 1_000)
    app = create_app(app_id, bootstrap, int(partitions))
    job = Job(app, int(partitions), redis_url)
    app.agent(job.inputs, name="customers")(job.each if mode == "each" else job.take)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(app))


async def _run(app: faust.App) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await app.start()
    await stop.wait()
    await app.stop()


if __name__ == "__main__":
    main()

"""The peer: a Faust application as its documentation would have it, in a process of its own.

At least once, a changelogged table with a view per customer, alerts produced to a topic, the view set in Redis before
the event is acknowledged. Mode `each` takes events one by one; `take` takes up to 2,000 at once, writes each changed
view once, and Redis in one MSET: as far as stock Faust goes. Both have what costs nothing: uvloop, no web server, no
leader topic, no waiting for empty streams, the collector's thresholds as c360's worker has them.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import faust
import orjson
import redis.asyncio
import uvloop

from ops.bench.peers.banking import JOB_TOPICS, Malformed, View, fold, parse
from ops.bench.peers.program import VIEW_KEY, Program, told

TAKEN_AT_ONCE: Final = 2_000
TAKEN_WITHIN: Final = 0.1

Take = Callable[[Any], Awaitable[None]]


def create_app(program: Program) -> faust.App:
    """The app, its settings being those that a careful user would choose."""
    return faust.App(
        program.app_id,
        broker=f"kafka://{program.bootstrap}",
        store="memory://",
        processing_guarantee="at_least_once",
        topic_partitions=program.partitions,
        topic_replication_factor=1,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        datadir=program.folder,
        web_enabled=False,
        autodiscover=False,
    )


class Job:
    """The agents' bodies, over one table."""

    def __init__(self, app: faust.App, program: Program) -> None:
        raw: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "value_serializer": "raw"}
        self.inputs = app.topic(*JOB_TOPICS, **raw)
        self._alerts = app.topic(program.alerts, **raw)
        self._dead = app.topic(program.dead_letters, **raw)
        # take() hands on many events, and a table would otherwise log all of them to the partition of the last one.
        count = program.partitions
        self._views = app.Table("views", key_type=str, value_type=dict, partitions=count, use_partitioner=True)
        self._redis = redis.asyncio.Redis.from_url(program.redis_url)

    async def each(self, stream: Any) -> None:
        """One event after another."""
        async for event in stream.events():
            await self._take([event])

    async def take(self, stream: Any) -> None:
        """Many events at once."""
        async for events in stream.take_events(TAKEN_AT_ONCE, within=TAKEN_WITHIN):
            await self._take(events)

    async def _take(self, events: Iterable[Any]) -> None:
        changed: dict[str, View] = {}
        for event in events:
            try:
                parsed = parse(event.message.key, event.value)
            except Malformed:
                await self._dead.send(key=event.message.key, value=event.value)
                continue
            number = parsed["customer_id"]
            view = changed.get(number) or self._views.get(number) or {}
            for alert in fold(view, parsed):
                await self._alerts.send(key=event.message.key, value=orjson.dumps(alert))
            changed[number] = view
        for number, view in changed.items():
            self._views[number] = view
        if changed:
            await self._redis.mset({f"{VIEW_KEY}{number}": orjson.dumps(view) for number, view in changed.items()})


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    program = told()
    logging.basicConfig(level=logging.WARNING)
    app = create_app(program)
    job = Job(app, program)
    app.agent(job.inputs, name="customers")(job.each if program.mode == "each" else job.take)
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

"""A rebuild on a real broker and a real Redis: new views beside the old ones, while everybody goes on."""

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import orjson
import pytest
import redis

from connectors.errors import Incompatible
from connectors.identifiers import Identifiers
from connectors.redis_keys import DEFAULT_NAMESPACE, POINTER, REBUILDING, Keys, following
from connectors.serving import views_async
from connectors.serving.views import Views, connect
from connectors.serving.views_async import AsyncViews
from connectors.sinks.rebuild import Progress, Running
from ops.launcher import Running as System
from ops.launcher.programs import Program
from ops.rebuild import rebuilding
from schemas.topics import CUSTOMER_VIEWS
from tests.support.projection import IDENTIFIERS, KEYS, RunningProjector, ViewsTopic, entries_in, views_in
from tests.support.system import empty_topics
from tests.support.waiting import eventually

CUSTOMERS = [f"B{number}" for number in range(60)]
NEXT = Keys(following(KEYS.namespace))


def _flush(topic: ViewsTopic, customer: str, number: int) -> None:
    """A state of a customer in which every section says the same number."""
    value = b'{"n":%d}' % number
    topic.flush(customer, {f"account:{customer}": value, "loan:x": value, "profile": value, "summary": value})


def _fill(topic: ViewsTopic, rounds: int = 5) -> None:
    for number in range(rounds):
        for customer in CUSTOMERS:
            _flush(topic, customer, number)
    topic.put("$partition-0", "progress", b"{}")
    topic.settle()


class Reader:
    """A call centre that never rests: looks up by number and by account, and keeps what was wrong."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._views = Views(connect(url), IDENTIFIERS)
        self.answers = 0
        self.wrong: list[str] = []

    def run(self, over: threading.Event) -> None:
        chance = random.Random(1)
        while not over.is_set():
            customer = chance.choice(CUSTOMERS)
            found = [self._views.by_number(customer), *self._views.by_account(customer)]
            self.answers += 1
            if len(found) != 2:
                self.wrong.append(f"{customer} was found {len(found)} times")
            for view in found:
                self._look(customer, None if view is None else view.sections)

    def _look(self, customer: str, sections: Any) -> None:
        numbers = {orjson.loads(value)["n"] for value in (sections or {}).values()}
        if len(sections or ()) != 4 or len(numbers) != 1:
            self.wrong.append(f"{customer} has {sections}")


class AsyncReader(Reader):
    """The same by the client of an event loop, eight at a time, as the API looks up."""

    def run(self, over: threading.Event) -> None:
        asyncio.run(self._run(over))

    async def _run(self, over: threading.Event) -> None:
        line = views_async.connect(self._url)
        views, chance = AsyncViews(line, IDENTIFIERS), random.Random(2)
        while not over.is_set():
            customers = chance.sample(CUSTOMERS, 8)
            for customer, view in zip(customers, await asyncio.gather(*map(views.by_number, customers)), strict=True):
                self._look(customer, None if view is None else view.sections)
            self.answers += 1
        await line.aclose()


def _c360(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from ops.cli import main; main()", *arguments]
    env = os.environ | {"C360_INDEX_KEY": "the tests' own secret"} | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=120)


@contextmanager
def _meanwhile(*tasks: Callable[[threading.Event], None]) -> Iterator[None]:
    over = threading.Event()
    threads = [threading.Thread(target=task, args=(over,)) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(60)


def _rebuild(topic: ViewsTopic, own_redis: Program, *, afresh: bool = False) -> Generator[Progress, None, None]:
    return rebuilding(topic.bootstrap, topic.name, own_redis.address, IDENTIFIERS, afresh=afresh)


def _is_whole(topic: ViewsTopic, client: "redis.Redis", keys: Keys) -> bool:
    views = {customer: sections for customer, sections in topic.views().items() if not customer.startswith("$")}
    return views_in(client, keys) == views and entries_in(client, keys) == topic.entries(keys)


def _others(client: "redis.Redis", keys: Keys) -> list[bytes]:
    mine = keys.pattern.removesuffix("*").encode()
    return [key for key in client.scan_iter("c360:*") if not key.startswith(mine) and key != POINTER.encode()]


def test_no_lookup_fails_or_mixes_anything_while_views_are_rebuilt_under_load(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _fill(topic)
    reader = Reader(own_redis.address)

    def write(over: threading.Event) -> None:
        number = 100
        while not over.wait(0.01):
            _flush(topic, CUSTOMERS[number % len(CUSTOMERS)], number)
            number += 1

    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
        with _meanwhile(reader.run, write):
            eventually(lambda: reader.answers > 100, within=60)
            stages = {told.stage for told in _rebuild(topic, own_redis)}
            after = reader.answers
            eventually(lambda: reader.answers > after + 100, within=60)
        topic.settle()
        eventually(lambda: _is_whole(topic, client, NEXT), within=60)
    assert reader.wrong == []
    assert client.get(POINTER) == NEXT.namespace.encode()
    assert {"reading customer-views", "removing what was in force"} <= stages
    assert _others(client, NEXT) == []


def test_the_command_switches_under_read_load_of_both_clients_without_one_failed_or_mixed_answer(
    running: System, own_redis: Program, client: "redis.Redis"
) -> None:
    empty_topics(running.kafka_bootstrap, seeded=False)
    topic = ViewsTopic(running.kafka_bootstrap, CUSTOMER_VIEWS)
    _fill(topic, rounds=2)
    reader, other = Reader(own_redis.address), AsyncReader(own_redis.address)
    with RunningProjector(topic, own_redis.address) as projecting:
        eventually(projecting.projector.caught_up, within=60)
        with _meanwhile(reader.run, other.run):
            eventually(lambda: min(reader.answers, other.answers) > 100, within=60)
            done = _c360("project", "rebuild", KAFKA_BOOTSTRAP=topic.bootstrap, REDIS_URL=own_redis.address)
            after = (reader.answers, other.answers)
            eventually(lambda: reader.answers > after[0] + 100 and other.answers > after[1] + 100, within=60)
    assert (done.returncode, done.stdout) == (0, "Lookups read the new views now.\n"), done.stderr
    assert (reader.wrong, other.wrong) == ([], [])
    assert client.get(POINTER) == NEXT.namespace.encode()
    assert _is_whole(topic, client, NEXT)
    assert _others(client, NEXT) == []


def test_a_rebuild_that_was_ended_goes_on_where_it_was_or_begins_afresh(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _fill(topic)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    with closing(_rebuild(topic, own_redis)) as steps:
        eventually(lambda: client.exists(NEXT.resume) or next(steps))
    assert client.get(REBUILDING) == NEXT.namespace.encode()
    assert Views(connect(own_redis.address), IDENTIFIERS).by_number("B1") is not None

    client.hset(NEXT.view("left over"), "@", "1:1")
    list(_rebuild(topic, own_redis))
    assert client.exists(NEXT.view("left over"))
    assert client.get(REBUILDING) is None

    third = Keys(following(NEXT.namespace))
    with closing(_rebuild(topic, own_redis)) as steps:
        eventually(lambda: client.exists(third.resume) or next(steps))
    client.hset(third.view("left over"), "@", "1:1")
    assert "removing what was begun" in {told.stage for told in _rebuild(topic, own_redis, afresh=True)}
    assert _is_whole(topic, client, third)
    assert _others(client, third) == []


def test_views_of_the_first_schema_are_replaced_and_leave_nothing_behind(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _fill(topic, rounds=1)
    client.set(POINTER, "1")
    client.sadd("c360:1:account:A1", "B1")
    client.hset("c360:1:resume", mapping={"topic": "another one", "0": "1000000"})
    with RunningProjector(topic, own_redis.address) as refused:
        refused.expect_crash(Incompatible)
    list(_rebuild(topic, own_redis))
    assert _is_whole(topic, client, Keys(following(DEFAULT_NAMESPACE)))
    assert _others(client, Keys(following(DEFAULT_NAMESPACE))) == []


def test_another_secret_needs_a_rebuild_and_gets_it(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _fill(topic, rounds=1)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    other = Identifiers(b"another secret of the bank")
    list(rebuilding(topic.bootstrap, topic.name, own_redis.address, other))
    with RunningProjector(topic, own_redis.address) as refused:
        refused.expect_crash(Incompatible)
    views = Views(connect(own_redis.address), other)
    assert [view.customer_id for view in views.by_account("B1")] == ["B1"]


def test_two_rebuilds_at_once_are_refused(topic: ViewsTopic, own_redis: Program, client: "redis.Redis") -> None:
    _fill(topic, rounds=1)
    client.hset(NEXT.projector, mapping={"at": f"{time.time():.3f}", "state": "running"})  # noqa: TID251
    with pytest.raises(Running):
        next(_rebuild(topic, own_redis))

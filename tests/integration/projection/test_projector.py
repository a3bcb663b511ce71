"""The projector on a real broker and a real Redis: whatever happens, Redis ends equal to the newest of each key."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
import redis
from confluent_kafka import Producer

from connectors.sinks.holding import Change
from connectors.sinks.redis_projection import Patience
from connectors.sinks.redis_store import RedisStore
from ops.launcher import Running
from ops.launcher.programs import Program
from tests.support.projection import IDENTIFIERS, KEYS, RunningProjector, ViewsTopic, entries_in, views_in
from tests.support.waiting import eventually

SMALL_BATCHES = Patience(records_at_once=7)


def _history(topic: ViewsTopic, flushes: int, seed: int, *, customers: int = 30) -> None:
    """Flushes of random sections; some are deleted, some customers lose everything, some accounts change hands."""
    chance = random.Random(seed)
    for number in range(flushes):
        customer = f"B{chance.randrange(customers):08d}"
        sections: dict[str, bytes | None] = {}
        for _ in range(chance.randrange(1, 6)):
            family = chance.choice(["account", "account", "loan", "complaint", "alert"])
            value = b'{"n":%d}' % number if chance.random() < 0.85 else None
            sections[f"{family}:{chance.choice('ab:/#')}{chance.randrange(6)}"] = value
        if chance.random() < 0.05:
            known = topic.newest.get(customer, {})
            sections = dict.fromkeys([*known, *sections]) | {"summary": None}
        topic.flush(customer, sections)
    topic.put("$partition-0", "progress", b'{"counts":{"folded":%d}}' % flushes)
    topic.settle()


def _equal(topic: ViewsTopic, client: "redis.Redis") -> bool:
    partitions = {owner for owner in topic.newest if owner.startswith("$")}
    views = {customer: sections for customer, sections in topic.views().items() if customer not in partitions}
    return views_in(client) == views and entries_in(client) == topic.entries()


@pytest.mark.parametrize("seed", range(3))
def test_redis_ends_equal_to_the_newest_of_each_key(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis", seed: int
) -> None:
    _history(topic, 400, seed)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
        assert _equal(topic, client)
        _history(topic, 100, seed + 100)
        eventually(lambda: _equal(topic, client))
    assert running.figures.seeks == {"new": 2}
    assert client.hget(KEYS.partition(0), "progress") == b'{"counts":{"folded":100}}'


def test_small_batches_and_restarts_in_between_change_nothing(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 300, seed=1)
    for records in (200, 400, 600):
        with RunningProjector(topic, own_redis.address, patience=SMALL_BATCHES) as running:
            enough = records // 3
            eventually(lambda running=running, enough=enough: running.figures.records >= enough)  # type: ignore[misc]
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    assert running.figures.seeks == {"resumed": 2}
    assert _equal(topic, client)


def test_reading_again_from_an_older_position_changes_nothing(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 300, seed=2)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    client.hset(KEYS.resume, mapping={"0": "10", "1": "3"})
    with RunningProjector(topic, own_redis.address, patience=SMALL_BATCHES) as again:
        eventually(again.projector.caught_up)
    assert again.figures.outcomes["applied"] == 0
    assert again.figures.outcomes["stale"] > 0
    assert _equal(topic, client)


class _CrashingStore(RedisStore):
    """Dies after some of the customers of its n-th batch, as a killed process would."""

    batches_left = 5

    def apply(self, changes: Sequence[Change]) -> Counter[str]:
        self.batches_left -= 1
        if self.batches_left == 0:
            super().apply(changes[: len(changes) // 2])
            raise SystemError("killed")
        return super().apply(changes)


def test_a_crash_between_two_customers_of_a_batch_loses_nothing(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 300, seed=3)
    store = _CrashingStore(own_redis.address, IDENTIFIERS)
    with RunningProjector(topic, own_redis.address, store=store, patience=Patience(records_at_once=100)) as crashing:
        crashing.expect_crash(SystemError)
    assert not _equal(topic, client)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    assert _equal(topic, client)


def test_a_redis_that_was_emptied_in_mid_reading_is_filled_from_the_beginning(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 400, seed=4)
    with RunningProjector(topic, own_redis.address, patience=SMALL_BATCHES) as running:
        eventually(lambda: running.figures.records > 100)
        client.flushall()
        eventually(lambda: running.figures.seeks["lost"])
        eventually(running.projector.caught_up)
        assert _equal(topic, client)


def test_a_redis_that_was_emptied_while_nothing_moved_is_noticed_and_filled(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 50, seed=5)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
        client.flushall()
        eventually(lambda: _equal(topic, client))


def test_a_redis_that_crashes_and_comes_back_is_caught_up_with(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 300, seed=6)
    with RunningProjector(topic, own_redis.address, patience=SMALL_BATCHES) as running:
        eventually(lambda: running.figures.records > 100)
        own_redis.kill()
        eventually(lambda: running.figures.up.get("redis") is False)
        assert not running.projector.caught_up()
        _history(topic, 100, seed=7)
        own_redis.start()
        eventually(running.projector.caught_up)
        assert _equal(topic, client)
        assert running.figures.up["redis"]


def test_a_redis_that_is_not_there_at_the_start_is_waited_for(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 50, seed=8)
    own_redis.kill()
    with RunningProjector(topic, own_redis.address) as running:
        eventually(lambda: running.figures.failures["redis"] >= 2)
        own_redis.start()
        eventually(running.projector.caught_up)
    assert _equal(topic, client)


def test_a_topic_that_is_not_there_yet_is_waited_for_and_the_reason_is_told(
    running: Running, topic_prefix: str, own_redis: Program, client: "redis.Redis"
) -> None:
    late = ViewsTopic(running.kafka_bootstrap, f"{topic_prefix}late")
    with RunningProjector(late, own_redis.address) as projector:
        eventually(lambda: projector.figures.failures["kafka"])
        late.create()
        _history(late, 20, seed=9)
        eventually(projector.projector.caught_up)
    assert _equal(late, client)


def test_nobody_sees_half_a_flush(topic: ViewsTopic, own_redis: Program, client: "redis.Redis") -> None:
    topic.flush("B1", {"account:1": b'{"n":1}', "account:2": b'{"n":1}'})
    topic.settle()
    before = topic.views()["B1"].copy()
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
        topic.put("B1", "account:1", b'{"n":2}')
        topic.put("B1", "account:2", b'{"n":2}')
        topic.settle()
        eventually(lambda: running.figures.records_held == 2)
        assert views_in(client)["B1"] == before
        assert not running.projector.caught_up()
    with RunningProjector(topic, own_redis.address) as running:
        eventually(lambda: running.figures.records_held == 2)
        assert views_in(client)["B1"] == before
        topic.put("B1", "summary", b'{"as_of":"2020-01-02T00:00:00Z"}')
        topic.settle()
        eventually(lambda: _equal(topic, client))


def test_sections_whose_summary_never_comes_are_written_in_the_end(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    topic.flush("B1", {"account:1": b'{"n":1}'})
    topic.put("B1", "account:1", b'{"n":2}')
    topic.settle()
    with RunningProjector(topic, own_redis.address, patience=Patience(orphans_s=0.3)) as running:
        eventually(running.projector.caught_up)
        assert _equal(topic, client)
        assert running.figures.orphans == 1


def test_what_is_too_much_to_hold_in_memory_waits_in_redis_unseen(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    customers = [f"B{number}" for number in range(50)]
    for customer in customers:
        topic.flush(customer, {"account:1": b'{"n":0}', "loan:x": b'{"n":0}'})
    topic.settle()
    before = {customer: sections.copy() for customer, sections in topic.views().items()}
    with RunningProjector(topic, own_redis.address, patience=Patience(records_held=10)) as running:
        eventually(running.projector.caught_up)
        for customer in customers:
            topic.put(customer, "account:1", b'{"n":1}')
            topic.put(customer, "loan:x", None)
        topic.settle()
        eventually(lambda: running.figures.records == 250)
        assert views_in(client) == before
    with RunningProjector(topic, own_redis.address, patience=Patience(records_held=10)) as running:
        for customer in customers:
            topic.put(customer, "summary", b'{"as_of":"2020-01-02T00:00:00Z"}')
        topic.settle()
        eventually(lambda: views_in(client) == topic.views())
        eventually(lambda: not list(client.scan_iter(KEYS.staged("*"))))


def test_latency_is_counted_from_the_timestamp_of_the_record(topic: ViewsTopic, own_redis: Program) -> None:
    topic.flush("B1", {})
    topic.settle()
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    (latency,) = running.figures.ages
    assert 0 <= latency < 60


@pytest.mark.kafka
def test_a_topic_that_was_created_anew_replaces_every_view(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 100, seed=10, customers=20)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    topic.recreate()
    _history(topic, 100, seed=11, customers=5)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(lambda: _equal(topic, client))
        eventually(lambda: client.hget(KEYS.resume, "swept") == client.hget(KEYS.resume, "epoch"))
    assert running.figures.seeks == {"recreated": 2}


@pytest.mark.kafka
def test_a_topic_that_is_created_anew_in_mid_reading_is_noticed(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    _history(topic, 50, seed=12, customers=20)
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
        topic.recreate()
        _history(topic, 100, seed=13, customers=5)
        eventually(lambda: _equal(topic, client), within=60)


@pytest.mark.kafka
def test_an_aborted_transaction_is_never_seen_and_markers_are_no_lag(
    running: Running, topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    producer = Producer({"bootstrap.servers": running.kafka_bootstrap, "transactional.id": topic.name, "log_level": 0})
    producer.init_transactions(30)
    for value, commits in ((b'{"n":1}', True), (b'{"n":2}', False)):
        producer.begin_transaction()
        for section in ("account:1", "summary"):
            producer.produce(topic.name, value, f"B1/{section}", partition=0)
        producer.flush(10)
        producer.commit_transaction(10) if commits else producer.abort_transaction(10)
    with RunningProjector(topic, own_redis.address) as projector:
        eventually(projector.projector.caught_up)
        assert projector.projector.lag() == 0
        assert views_in(client) == {"B1": {"account:1": b'{"n":1}', "summary": b'{"n":1}'}}
        # Two records and a marker, twice: the position stands behind all of them.
        eventually(lambda: client.hget(KEYS.resume, "0") == b"6")


def test_an_empty_redis_is_filled_from_the_generation_in_force_and_a_filled_one_goes_on_with_its_own(
    topic: ViewsTopic, own_redis: Program, client: "redis.Redis"
) -> None:
    later = ViewsTopic(topic.bootstrap, f"{topic.name}.2").create()
    _history(topic, 5, 1)
    _history(later, 50, 2)
    in_force = [later]

    def store() -> RedisStore:
        return RedisStore(own_redis.address, IDENTIFIERS, topic_in_force=lambda: in_force[0].name)

    with RunningProjector(topic, own_redis.address, store=store()):
        eventually(lambda: _equal(later, client))
    in_force[0] = topic
    _history(later, 50, 3)
    with RunningProjector(topic, own_redis.address, store=store()) as running:
        eventually(lambda: _equal(later, client))
    assert running.figures.seeks == {"resumed": 2}

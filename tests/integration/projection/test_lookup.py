"""Lookups on a Redis that a projector filled, and the commands on top of them."""

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4

import orjson
import pytest
import redis
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.errors import Incompatible, Unavailable
from connectors.identifiers import IdentifierKind, Identifiers
from connectors.redis_keys import POINTER, Keys, following
from connectors.serving.audit_reading import read_audit
from connectors.serving.audit_trail import LookWriter
from connectors.serving.views import Views, connect
from ops.launcher import Running
from ops.launcher.programs import Program
from ops.topics import create_topics
from schemas.audit import Look, LookOutcome, LookupAudit
from schemas.topics import LOOKUP_AUDIT, TOPICS
from tests.support.projection import IDENTIFIERS, KEYS, RunningProjector, ViewsTopic
from tests.support.waiting import eventually

SECRET = "the tests' own secret"
COMMAND = [sys.executable, "-c", "from ops.cli import main; main()"]
SUMMARY = b'{"totals":{},"due_on":null,"as_of":"2026-01-01T00:00:00Z","applied":{}}'
ACCOUNT = orjson.dumps(
    {
        "account_id": "A:1/2#3",
        "currency": "CZK",
        "product": "current_account",
        "balance_minor": 123_456,
        "entries": 3,
        "status": "open",
        "opened_on": "2020-01-01",
        "maturity_on": None,
        "frozen_minor": 0,
    }
)


@pytest.fixture
def filled(topic: ViewsTopic, own_redis: Program) -> Program:
    """A Redis with one customer, who has one account."""
    topic.flush("B1", {"account:A:1/2#3": ACCOUNT, "summary": SUMMARY})
    topic.settle()
    with RunningProjector(topic, own_redis.address) as running:
        eventually(running.projector.caught_up)
    return own_redis


def test_a_customer_is_found_by_number_and_by_account(filled: Program) -> None:
    views = Views(connect(filled.address), IDENTIFIERS)
    by_number = views.by_number("B1")
    assert by_number is not None
    assert views.by_account("A:1/2#3") == [by_number]
    assert views.by_loan("A:1/2#3") == []
    assert orjson.loads(by_number.json())["accounts"]["A:1/2#3"] == orjson.loads(ACCOUNT)


def test_who_is_not_known_is_not_found(filled: Program) -> None:
    views = Views(connect(filled.address), IDENTIFIERS)
    assert views.by_number("B2") is None
    assert views.by_account("nosuch") == []


def test_an_index_entry_without_its_section_leads_nowhere(filled: Program, client: "redis.Redis") -> None:
    digest = IDENTIFIERS.of(IdentifierKind.ACCOUNT, "A9")
    assert digest is not None
    client.zadd(KEYS.identified(IdentifierKind.ACCOUNT, digest), {"B1": 0, "B7": 0})
    assert Views(connect(filled.address), IDENTIFIERS).by_account("A9") == []


def test_a_lookup_is_one_round_trip_and_follows_the_switch_to_another_namespace(
    filled: Program, client: "redis.Redis"
) -> None:
    views = Views(connect(filled.address), IDENTIFIERS)
    views.by_number("B1")
    before = client.info("commandstats")
    views.by_number("B1")
    after = client.info("commandstats")
    calls = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after}
    asked = {name: n for name, n in calls.items() if n and name != "cmdstat_info"}
    assert asked == {"cmdstat_hgetall": 1, "cmdstat_get": 1}

    other = following(KEYS.namespace)
    client.hset(Keys(other).view("B2"), mapping={"summary": SUMMARY})
    client.set(POINTER, other)
    assert views.by_number("B1") is None
    assert views.by_number("B2") is not None


def test_views_of_another_schema_are_refused_with_what_to_do(filled: Program, client: "redis.Redis") -> None:
    client.set(POINTER, "1")
    with pytest.raises(Incompatible, match="c360 project rebuild"):
        Views(connect(filled.address), IDENTIFIERS).by_number("B1")


def test_another_secret_is_refused_with_what_to_do_but_numbers_need_none(filled: Program) -> None:
    views = Views(connect(filled.address), Identifiers(b"another secret, of others"))
    assert views.by_number("B1") is not None
    with pytest.raises(Incompatible, match="C360_INDEX_KEY"):
        views.by_account("A:1/2#3")


def test_a_redis_that_does_not_answer_is_told_as_such(filled: Program) -> None:
    views = Views(connect(filled.address), IDENTIFIERS)
    filled.kill()
    with pytest.raises(Unavailable, match="redis is not available"):
        views.by_number("B1")


def _c360(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"C360_INDEX_KEY": SECRET} | environment,
        timeout=60,
    )


@pytest.fixture
def audited(topic: ViewsTopic) -> dict[str, str]:
    """Where `c360 lookup` writes that it looked."""
    create_topics(topic.bootstrap, 4, [TOPICS[LOOKUP_AUDIT]])
    return {"KAFKA_BOOTSTRAP": topic.bootstrap}


def looks_since(topic: ViewsTopic, began: datetime) -> list[tuple[str, str, list[str], str | None]]:
    trail = sorted(read_audit(topic.bootstrap, began), key=lambda look: look.at)
    assert {look.role for look in trail} == {"host"}
    assert all(look.person.startswith("host:") for look in trail)
    return [(look.outcome, look.asked_by, look.customers, look.reason) for look in trail]


def test_the_command_shows_the_view_and_why_it_may_be_old_once_the_look_is_written(
    filled: Program, topic: ViewsTopic, audited: dict[str, str]
) -> None:
    began = datetime.now(UTC)  # noqa: TID251  the trail is by the wall's clock
    for arguments in (["B1", "--reason", "he calls"], ["A:1/2#3"], ["--account", "A:1/2#3"]):
        done = _c360("lookup", *arguments, REDIS_URL=filled.address, COLUMNS="160", **audited)
        assert done.returncode == 0, done.stderr
        assert "1,234.56 CZK" in done.stdout
        assert "MAY BE OLD: the projector was stopped" in done.stdout
    assert _c360("lookup", "B2", REDIS_URL=filled.address, **audited).returncode == 1
    assert looks_since(topic, began) == [
        ("shown", "customer_number", ["B1"], "he calls"),
        ("shown", "account", ["B1"], None),
        ("shown", "account", ["B1"], None),
        ("unknown", "identifier", [], None),
    ]


def test_the_trail_is_read_from_where_retention_has_left_it(topic: ViewsTopic, audited: dict[str, str]) -> None:
    write = LookWriter(topic.bootstrap)
    for number in range(2):
        write(a_look(f"kept {number}"))
    before = len(list(read_audit(topic.bootstrap)))
    gone = let_go_of_the_oldest(topic.bootstrap)
    assert len(list(read_audit(topic.bootstrap))) == before - gone


def a_look(request_id: str) -> LookupAudit:
    return LookupAudit(
        audit_id=uuid4(),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        person="host:test",
        role="host",
        look=Look.VIEW,
        outcome=LookOutcome.SHOWN,
        asked_by="customer",
        customers=["B1"],
        fields=[],
        masked=[],
        reason=None,
        request_id=request_id,
    )


def let_go_of_the_oldest(bootstrap: str) -> int:
    """The first record of each partition, as retention would; how many these were."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    places = [
        TopicPartition(LOOKUP_AUDIT, number)
        for number in admin.list_topics(LOOKUP_AUDIT, timeout=10).topics[LOOKUP_AUDIT].partitions
    ]
    with closing(Consumer({"bootstrap.servers": bootstrap, "group.id": "ends"})) as consumer:
        ends = [(place, *consumer.get_watermark_offsets(place, timeout=10)) for place in places]
    oldest = [TopicPartition(LOOKUP_AUDIT, place.partition, low + 1) for place, low, high in ends if low < high]
    for deletion in admin.delete_records(oldest).values():
        deletion.result(10)
    return len(oldest)


def test_the_command_shows_nothing_that_it_cannot_write_down_unless_that_is_allowed(filled: Program) -> None:
    nowhere = {"KAFKA_BOOTSTRAP": "127.0.0.1:1", "REDIS_URL": filled.address}
    refused = _c360("lookup", "B1", **nowhere)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("The look can't be written to the audit trail, and without that nothing is shown")
    allowed = _c360("lookup", "B1", "--json", C360_AUDIT="best-effort", **nowhere)
    assert orjson.loads(allowed.stdout)["customer_id"] == "B1"


def test_the_command_gives_machines_one_line_of_json_with_its_freshness(
    filled: Program, audited: dict[str, str]
) -> None:
    done = _c360("lookup", "B1", "--json", REDIS_URL=filled.address, **audited)
    (line,) = done.stdout.splitlines()
    view = orjson.loads(line)
    assert view["customer_id"] == "B1"
    assert view["freshness"]["state"] == "stopped"


def test_the_command_tells_an_unknown_customer_from_a_redis_that_is_not_there(
    filled: Program, audited: dict[str, str]
) -> None:
    unknown = _c360("lookup", "B2", REDIS_URL=filled.address, **audited)
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("No customer B2 is known to c360.")
    filled.kill()
    unreachable = _c360("lookup", "B1", REDIS_URL=filled.address, **audited)
    assert unreachable.returncode == 2
    assert unreachable.stderr.startswith("Redis does not answer, so no view can be looked up")
    assert "Traceback" not in unknown.stderr + unreachable.stderr


def test_the_command_wants_a_number_or_an_account(running: Running) -> None:
    done = _c360("lookup", REDIS_URL=running.redis_url)
    assert done.returncode == 2
    assert done.stderr.startswith("Give a customer number or --account")

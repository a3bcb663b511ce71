"""`c360 api` as a process, on a real broker and a Redis that a projector filled."""

import json
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import yaml
from confluent_kafka import Producer

from connectors.serving.audit_reading import read_audit
from connectors.serving.tokens.machines import new_key
from ops.launcher import Running
from ops.launcher.ports import free_ports
from ops.launcher.programs import Program
from ops.rule_changes import seed_rules
from schemas.topics import CUSTOMER_VIEWS
from tests.support.alerts import an_alert
from tests.support.projection import RunningProjector, ViewsTopic
from tests.support.redis_server import a_redis
from tests.support.system import WorkerProcess, committed_records, empty_topics, ending
from tests.support.waiting import eventually

SECRET = "the tests' own secret"
PHONE = "+420603123456"
MANAGER_KEY, MANAGER_HASH = new_key()
CALLS_KEY, CALLS_HASH = new_key()
WATCH_KEY, WATCH_HASH = new_key()
ALERT = an_alert(customer_id="C1", to="M1")


def a_section(**members: Any) -> bytes:
    return orjson.dumps(members)


def a_profile(name: str, host: str) -> bytes:
    return a_section(name=name, phone=PHONE, host_manager=host, co_hosts=[], signatories=[], relationships={}, order={})


def a_summary(alerts: int = 0) -> bytes:
    totals = {"accounts": 1, "loans": 0, "complaints": 0, "alerts": alerts, "unaddressed": 0}
    return a_section(
        totals={**totals, "balance_minor": {"CZK": 100}, "outstanding_minor": {}},
        due_on=None,
        as_of="2026-11-23T10:00:00Z",
        applied={},
    )


@dataclass
class Served:
    """An API, what it reads, and whoever asks it."""

    process: WorkerProcess
    url: str
    topic: ViewsTopic
    redis: Program

    def ask(self, path: str, key: str = CALLS_KEY, method: str = "GET", **more: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", headers={"X-API-Key": key}, timeout=60, **more)


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A Redis of this module: the tests kill it."""
    with a_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def served(running: Running, own_redis: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Customers C1 of manager M1 and C2 of M2, projected, and an API that answers."""
    empty_topics(running.kafka_bootstrap, seeded=False)
    topic = ViewsTopic(running.kafka_bootstrap, CUSTOMER_VIEWS)
    alert = {f"alert:{ALERT['alert_id']}": json.dumps(ALERT).encode()}
    topic.flush("C1", {"profile": a_profile("Jana Novak", "M1"), **alert, "summary": a_summary(1)})
    topic.flush("C2", {"profile": a_profile("Petr Novak", "M2"), "summary": a_summary()})
    topic.settle()
    with RunningProjector(topic, own_redis.address) as projecting:
        eventually(projecting.projector.caught_up, within=60)
        served = an_api(topic, own_redis, tmp_path_factory.mktemp("api"))
        with ending(served.process):
            eventually(lambda: answers(served), within=60)
            eventually(lambda: "are followed from now on" in served.process.log, within=60)
            yield served


def an_api(topic: ViewsTopic, own_redis: Program, folder: Path) -> Served:
    """`c360 api`, started."""
    port = free_ports(1)[0]
    command = ("ops", "api")
    process = WorkerProcess(topic.bootstrap, "unused", folder, "api", settings(folder, port, own_redis), command)
    return Served(process.start(), f"http://127.0.0.1:{port}", topic, own_redis)


def settings(folder: Path, port: int, own_redis: Program) -> dict[str, str]:
    machines = folder / "machines.yaml"
    listed = [
        {"name": "desk", "role": "manager", "manager": "M1", "key_sha256": MANAGER_HASH, "requests_per_second": 1000},
        {"name": "watch", "role": "operations", "key_sha256": WATCH_HASH, "requests_per_second": 1000},
        {"name": "calls", "role": "call_centre", "key_sha256": CALLS_HASH, "requests_per_second": 1000},
    ]
    machines.write_text(yaml.safe_dump({"machines": listed}))
    return {
        "C360_REDIS_URL": own_redis.address,
        "C360_INDEX_KEY": SECRET,
        "C360_API_PORT": str(port),
        "C360_MACHINES_FILE": str(machines),
        "C360_LOG_LEVEL": "debug",
    }


def answers(served: Served) -> bool:
    try:
        return served.ask("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_what_is_answered_stands_in_the_audit_trail_before(served: Served) -> None:
    began = datetime.now(UTC)  # noqa: TID251  the trail is by the wall's clock
    answer = served.ask("/v1/customers/C1")
    assert answer.json()["customer"]["phone"] == "***3456"
    assert served.ask("/v1/customers/C2", MANAGER_KEY).status_code == 404
    found = served.ask("/v1/find", method="POST", json={"q": "603 123 456"})
    assert [match["customer_id"] for match in found.json()["matches"]] == ["C1", "C2"]
    assert [hit["name"] for hit in served.ask("/v1/search?prefix=nov", MANAGER_KEY).json()["items"]] == ["Jana Novak"]
    (alert,) = served.ask("/v1/managers/me/alerts", MANAGER_KEY).json()["items"]
    assert alert["alert"] == ALERT
    trail = sorted(read_audit(served.topic.bootstrap, began), key=lambda look: look.at)
    told = [(look.person, look.look, look.outcome, look.asked_by, look.customers) for look in trail]
    assert told == [
        ("machine:calls", "view", "shown", "customer", ["C1"]),
        ("machine:desk", "view", "forbidden", "customer", ["C2"]),
        ("machine:calls", "find", "shown", "phone", ["C1", "C2"]),
        ("machine:desk", "search", "shown", "name", ["C1"]),
        ("machine:desk", "alerts", "shown", "manager", ["C1"]),
    ]
    # Whole words and numbers: three digits alone may stand in any instant.
    for personal in (r"603\D{0,3}123\D{0,3}456", "Novak", r"\bC[12]\b"):
        assert not re.search(personal, served.process.log), "nothing of customers stands in the log"


def test_a_complaint_says_until_when_it_is_in_time_as_soon_as_the_rules_are_known(
    served: Served, tmp_path: Path
) -> None:
    order = {"received_on": 0, "status": 0}
    complaint = {"complaint_id": "K1", "status": "open", "received_on": "2026-11-20", "order": order}
    sections = {"profile": a_profile("Eva Mala", "M1"), "complaint:K1": a_section(**complaint), "summary": a_summary()}
    served.topic.flush("C3", sections)
    eventually(lambda: served.ask("/v1/customers/C3").json().get("limits") == {"K1": {}}, within=60)
    rule = {"id": "taken-up", "kind": "acknowledgement_overdue", "severity": "warning", "within_days": 5}
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"rules": [rule]}))
    seed_rules(served.topic.bootstrap, file, "a test", datetime(2026, 11, 23, tzinfo=UTC))
    # Received on a Friday: the fifth working day is the next Friday.
    known = {"K1": {"acknowledgement": "2026-11-27"}}
    eventually(lambda: served.ask("/v1/customers/C3").json()["limits"] == known, within=60)


def test_an_action_stands_on_its_topic_when_it_is_accepted(served: Served) -> None:
    body = {"customer_id": "C1", "action": "acknowledge", "reason": "I call him"}
    accepted = served.ask(f"/v1/alerts/{ALERT['alert_id']}/actions", MANAGER_KEY, "POST", json=body)
    assert accepted.status_code == 202
    (record,) = committed_records(served.topic.bootstrap, ["alert-actions"])
    event = json.loads(record.value())
    assert (record.key(), event["type"], event["actor"], event["note"]) == (
        b"C1",
        "alert.acknowledged",
        "M1",
        "I call him",
    )


def test_operations_tells_each_source_with_its_newest_record(served: Served, running: Running) -> None:
    producer = Producer({"bootstrap.servers": served.topic.bootstrap})
    for hour in (9, 11, 10):
        at = datetime(2026, 11, 23, hour, tzinfo=UTC)
        producer.produce("customer-changes", b"{}", f"C{hour}", timestamp=int(at.timestamp() * 1000))
    assert producer.flush(60) == 0

    def told() -> dict[str, Any]:
        return {one["topic"]: one for one in served.ask("/v1/operations", WATCH_KEY).json()["sources"]}

    assert eventually(lambda: told().get("customer-changes", {}).get("records") == 3, within=60)
    newest = told()["customer-changes"]["newest_at"]
    if running.kafka_tier == "embedded" and newest is None:
        pytest.skip("the embedded broker does not say which record is the newest")
    assert datetime.fromisoformat(newest) == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert told()["account-changes"]["newest_at"] is None
    assert served.ask("/v1/operations").status_code == 403


def test_redis_away_is_answered_with_when_to_come_back(served: Served) -> None:
    served.redis.kill()
    answer = served.ask("/v1/customers/C1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert eventually(lambda: served.ask("/readyz").status_code == 503, within=60)
    served.redis.start()
    assert eventually(lambda: served.ask("/v1/customers/C1").status_code == 200, within=60)


def events_of(stream: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    """(event, id, data) of a stream's lines."""
    told: dict[str, str] = {}
    for line in stream:
        if line:
            name, _, value = line.partition(": ")
            told[name] = value
        elif "data" in told:
            yield told.get("event", ""), told.get("id", ""), json.loads(told["data"])
            told = {}


def test_a_stream_tells_changes_masked_and_goes_on_where_it_was_left(served: Served) -> None:
    url, headers = f"{served.url}/v1/stream?customer=C1", {"X-API-Key": CALLS_KEY}
    with httpx.stream("GET", url, headers=headers, timeout=60) as response:
        events = events_of(response.iter_lines())
        assert next(events)[0] == "freshness"
        served.topic.flush("C2", {"account:2": a_section(balance_minor=5)})
        served.topic.flush("C1", {"account:1": a_section(balance_minor=5), **with_alert(2), "summary": a_summary(1)})
        served.topic.settle()
        alerts: list[Any] = []
        sections: dict[str, Any] = {}
        number = ""
        # No transaction makes one of these records, so they may come in several looks.
        while not alerts or not {"account:1", "summary"} <= sections.keys():
            name, number_of_event, told = next(events)
            if name == "alert":
                alerts.append(told)
            elif name == "view":
                sections, number = sections | told["sections"], number_of_event
        assert alerts == [{"customer_id": "C1", "alert": {**masked_alert(), "revision": 2}}]
        assert sections["account:1"] == {"balance_minor": None}
    served.topic.flush("C1", {"account:1": None, "summary": a_summary(1)})
    served.topic.settle()
    with httpx.stream("GET", url, headers={**headers, "Last-Event-ID": number}, timeout=60) as response:
        told = next(event for event in events_of(response.iter_lines()) if event[0] == "view")[2]
        assert told["sections"]["account:1"] is None


def with_alert(revision: int) -> dict[str, bytes]:
    return {f"alert:{ALERT['alert_id']}": json.dumps({**ALERT, "revision": revision}).encode()}


def masked_alert() -> dict[str, Any]:
    def hidden(values: dict[str, Any]) -> dict[str, Any]:
        return {name: None if name.endswith("_minor") else value for name, value in values.items()}

    proof = {**ALERT["proof"], **{part: hidden(ALERT["proof"][part]) for part in ("thresholds", "before", "after")}}
    return {**ALERT, "payload": hidden(ALERT["payload"]), "proof": proof}


def test_asked_to_stop_it_ends_streams_and_leaves_in_good_order(served: Served, tmp_path: Path) -> None:
    another = an_api(served.topic, served.redis, tmp_path)
    with ending(another.process):
        eventually(lambda: answers(another), within=60)
        url, headers = f"{another.url}/v1/stream?manager=me", {"X-API-Key": MANAGER_KEY}
        with httpx.stream("GET", url, headers=headers, timeout=60) as response:
            events = events_of(response.iter_lines())
            assert next(events)[0] == "freshness"
            another.process.signal(signal.SIGTERM)
            assert [event for event in events if event[0] == "end"][-1][2] == {"reason": "closing"}
        assert another.process.wait() == 0

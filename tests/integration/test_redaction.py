"""What every process of a running system logs at its most talkative, and what commands print on standard error: no
personal data and no secret, whatever goes well and whatever fails.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest
import redis
import yaml

from connectors.serving.tokens.machines import new_key
from ops.launcher import Running
from ops.launcher.ports import free_ports
from ops.launcher.programs import Program
from ops.topics import write_ticks
from schemas.base import Contract
from schemas.personal import PERSONAL
from schemas.topics import ALERT_TOPICS, CUSTOMER_VIEWS, DEAD_LETTERS, DELIVERIES, LOOKUP_AUDIT
from tests.support import builders
from tests.support.receivers import Answer, receiving
from tests.support.redis_server import a_redis
from tests.support.sensitive import Markers, names_in
from tests.support.system import WorkerProcess, committed_records, empty_topics, ending, produce
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

pytestmark = pytest.mark.kafka

CUSTOMER: Final = "C-1"
EVENTS: Final = (
    builders.a_customer,
    builders.a_host,
    builders.an_account,
    builders.an_entry,
    builders.a_freeze,
    builders.a_contract,
    builders.a_drawdown,
    builders.a_guarantee,
    builders.a_bill,
    builders.a_pledge,
    builders.a_contact,
    builders.a_score,
    builders.a_complaint,
    builders.a_resolution,
    builders.an_amendment,
)
ALERTS: Final = {"complaint_reminder", "address_moved", "birthday", "guarantee_expiry", "freeze_placed"}
"""Kinds whose payloads hold personal data of all sorts."""


def _stated(markers: Markers, event: Contract) -> dict[str, Any]:
    """The event's fields, each personal one that it may have stated."""
    fields = json.loads(builders.wire(event)) | dict.fromkeys(type(event).model_fields.keys() & PERSONAL, "")
    stated: dict[str, Any] = markers.stated(fields, PERSONAL)
    if stated["type"] == "customer.amended":
        stated["address"] = markers.value("address after the move")
    return stated


def _broken(fields: dict[str, Any], markers: Markers) -> Iterator[bytes]:
    """The same as no worker can fold it, each time for another reason."""
    wrong = markers.value("a wrong value")
    yield json.dumps(fields).encode()[:-9]
    yield json.dumps(fields | {"type": wrong}).encode()
    yield json.dumps(fields | {"source_seq": wrong, "occurred_at": wrong}).encode()
    yield json.dumps(
        fields | {name: {wrong: fields[name]} for name in fields.keys() & PERSONAL} | {"source": 1}
    ).encode()
    yield json.dumps(fields | {"event_id": fields}).encode()


@dataclass
class Bank:
    """The running system, all of it talkative, and what was said to it."""

    markers: Markers
    bootstrap: str
    redis: Program
    processes: dict[str, WorkerProcess]
    api: httpx.Client
    base: str
    environment: dict[str, str]

    def records(self, topics: Iterable[str]) -> list[Any]:
        return [
            json.loads(record.value()) for record in committed_records(self.bootstrap, list(topics)) if record.value()
        ]

    def said(self) -> dict[str, str]:
        """Process -> its log."""
        return {name: process.log for name, process in self.processes.items()}


@contextmanager
def _running(running: Running, folder: Path) -> Iterator[Bank]:
    markers = Markers(Random(0))
    empty_topics(running.kafka_bootstrap)
    api_port, mail_port = free_ports(2)
    with ExitStack() as stack:
        good = stack.enter_context(receiving())
        bad = stack.enter_context(receiving(lambda _: Answer(400)))
        server = stack.enter_context(a_redis(folder))
        with closing(redis.Redis.from_url(server.address)) as client:
            client.config_set("requirepass", markers.mark("the password of Redis"))
        login = f"redis://:{markers.mark('the password of Redis')}@"
        environment = {
            "KAFKA_BOOTSTRAP": running.kafka_bootstrap,
            "REDIS_URL": server.address.replace("redis://", login),
            "C360_INDEX_KEY": 2 * markers.mark("the index key"),
            "C360_LOG_LEVEL": "debug",
            "C360_API_PORT": str(api_port),
            "C360_DELIVERY_FILE": str(folder / "delivery.yaml"),
            "C360_DELIVERY_GROUP": f"{folder.name}-deliverer",
            "C360_MACHINES_FILE": str(folder / "machines.yaml"),
            "SECRET": markers.mark("the secret of a channel"),
        }
        key = _write_files(folder, markers, good.url, bad.url, mail_port)
        commands = {"worker": "worker", "projector": "projector", "deliverer": "deliver", "api": "api"}
        processes = {
            name: WorkerProcess(
                running.kafka_bootstrap,
                f"{folder.name}-worker",
                folder,
                name,
                environment | {"C360_LOG_FORMAT": ("json", "readable")[number % 2]},
                ("ops", command),
            )
            for number, (name, command) in enumerate(commands.items())
        }
        headers = {"X-API-Key": key, "X-Reason": markers.mark("why somebody looks")}
        base = f"http://127.0.0.1:{api_port}"
        api = stack.enter_context(httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=60))
        stack.enter_context(ending(*processes.values()))
        for process in processes.values():
            process.start()
        yield Bank(markers, running.kafka_bootstrap, server, processes, api, base, environment)


def _write_files(folder: Path, markers: Markers, good: str, bad: str, mail_port: int) -> str:
    """Machines, whose key is returned, and channels: one that takes all, two that take nothing."""
    key, hashed = new_key()
    markers.of["an API key"] = key
    (folder / "machines.yaml").write_text(
        yaml.safe_dump({"machines": [{"name": "tests", "role": "manager", "manager": "M001", "key_sha256": hashed}]})
    )
    token = markers.mark("a token in the url of a channel")
    channels = {
        "good": {"kind": "webhook", "url": f"{good}?token={token}", "secret_env": "SECRET"},
        "bad": {"kind": "webhook", "url": f"{bad}?token={token}", "secret_env": "SECRET"},
        "mail": {
            "kind": "email",
            "host": "127.0.0.1",
            "port": mail_port,
            "tls": "none",
            "sender": "c360@bank.example",
            "username": "c360",
            "password_env": "SECRET",
            "pattern": "{to}@" + markers.mark("the domain of the bank's people") + ".example",
        },
    }
    delivery = {
        "channels": channels,
        "routes": [{"channels": list(channels)}],
        "retry": {"attempts": 2, "first_seconds": 0.01, "longest_seconds": 0.01},
        "stale_after_hours": 24 * 365 * 50,
    }
    (folder / "delivery.yaml").write_text(yaml.safe_dump(delivery))
    return key


def _just_before_a_birthday(markers: Markers) -> datetime:
    """A year later, when everything else is due as well."""
    _, month, day = map(int, markers.mark("born_on").split("-"))
    return datetime(2021, month, min(day, 28), tzinfo=UTC) - timedelta(days=3)


def _feed(bank: Bank) -> set[str]:
    """Events of every kind that holds personal data, and what is no event; the personal fields that they state."""
    stated = [(event, _stated(bank.markers, event)) for event in (make(customer_id=CUSTOMER) for make in EVENTS)]
    good = [(builders.topic_of(event), CUSTOMER, json.dumps(fields).encode()) for event, fields in stated]
    broken = [
        (builders.topic_of(event), CUSTOMER, wire) for event, fields in stated for wire in _broken(fields, bank.markers)
    ]
    another = [(good[0][0], bank.markers.mark("another key"), good[0][2])]
    produce(bank.bootstrap, good)
    eventually(lambda: len(bank.records([CUSTOMER_VIEWS])) > 0, within=120)
    produce(bank.bootstrap, [*broken, *another])
    write_ticks(bank.bootstrap, _just_before_a_birthday(bank.markers))
    eventually(lambda: len(bank.records([DEAD_LETTERS])) > len(broken), within=120)
    eventually(lambda: {alert["kind"] for alert in bank.records(ALERT_TOPICS)} >= ALERTS, within=120)
    return {name for _, fields in stated for name in names_in(fields)} & PERSONAL


def _look(bank: Bank) -> None:
    """Ask the API for what is there and what is not, by all that can be stated in a request."""
    eventually(lambda: bank.api.get(f"/v1/customers/{CUSTOMER}").status_code == 200, within=120)
    of, api = bank.markers.mark, bank.api
    alert = next(alert for alert in bank.records(["alerts.relationship"]) if alert["kind"] == "address_moved")
    act = f"/v1/alerts/{alert['alert_id']}/actions"
    bearer = b64encode(bank.markers.value("a bearer token").encode()).decode()
    answers = (
        api.get("/v1/find", params={"q": bank.markers.value("phone")}),
        api.get("/v1/find", params={"q": of("an unknown number")}),
        api.post("/v1/find", json={"q": of("document_number")}),
        api.get("/v1/search", params={"prefix": of("name")}),
        api.get("/v1/search", params={"prefix": of("name"), "limit": of("a wrong limit")}),
        api.get(f"/v1/customers/{of('an unknown customer')}"),
        api.get(f"/v1/{of('an unknown path')}/{of('phone')}?{of('email')}={of('address')}"),
        api.get(f"/v1/customers/{CUSTOMER}", params={"fields": of("an unknown part")}),
        api.get("/v1/me", headers={"X-API-Key": of("a wrong API key")}),
        httpx.get(f"{bank.base}/v1/me", headers={"Authorization": f"Bearer {bearer}"}, trust_env=False),
        api.post(act, json={"customer_id": CUSTOMER, "action": of("an unknown action"), "reason": of("note")}),
        api.post(act, content=f'{{"reason": "{of("note")}'.encode()),
        api.post(act, json={"customer_id": CUSTOMER, "action": "acknowledge", "reason": bank.markers.value("note")}),
    )
    statuses = {answer.status_code for answer in answers}
    # Shown, taken, not proved, not found, not as it should be: and nothing failed.
    assert statuses >= {200, 202, 401, 404, 422}, statuses
    assert max(statuses) < 500, statuses


def _commands(bank: Bank) -> list[str]:
    """What commands say that show no customer, and what others say on standard error."""
    of = bank.markers.mark
    shown: list[tuple[str, ...]] = [
        ("settings",),
        ("status",),
        ("doctor",),
        ("dlq", "list", "--json"),
        ("dlq", "drop", "--reason", "invalid", "--why", of("why")),
    ]
    broken = bank.environment | {"REDIS_URL": f"redis://:{of('the password of Redis')}@127.0.0.1:port"}
    with ThreadPoolExecutor(len(shown)) as threads:
        said = [
            done.stdout + done.stderr for done in threads.map(lambda command: run(*command, **bank.environment), shown)
        ]
    return [*said, run("lookup", CUSTOMER, **bank.environment).stderr, run("status", **broken).stderr]


def test_no_process_logs_personal_data_or_a_secret_and_no_command_complains_with_it(
    running: Running, tmp_path: Path
) -> None:
    with _running(running, tmp_path) as bank:
        fed = _feed(bank)
        _look(bank)
        outcomes = {("good", "delivered"), ("bad", "failed"), ("mail", "failed")}
        eventually(
            lambda: {(told["channel"], told["outcome"]) for told in bank.records([DELIVERIES])} == outcomes, within=120
        )
        told = _commands(bank)
        bank.redis.stop()
        eventually(lambda: "trying again" in bank.processes["projector"].log, within=120)
        assert bank.api.get(f"/v1/customers/{CUSTOMER}").status_code == 503
        kept = bank.records(
            (CUSTOMER_VIEWS, *ALERT_TOPICS, DEAD_LETTERS, DELIVERIES, LOOKUP_AUDIT, "dead-letter-decisions")
        )
    for name, log in bank.said().items():
        assert "debug" in log, f"{name} was not as talkative as it can be"
        assert bank.markers.found_in(log) == [], name
    assert bank.markers.found_in("\n".join(told)) == []
    assert [
        letter["error"] for letter in kept if "error" in letter and bank.markers.found_in(str(letter["error"]))
    ] == []
    # All that is looked for was there to be found.
    assert sorted(PERSONAL - fed - {name for record in kept for name in names_in(record)}) == []

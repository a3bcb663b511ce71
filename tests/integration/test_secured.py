"""The main job on a Kafka and a Redis that let nobody in without TLS, name, password and rights."""

import asyncio
import json
import re
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import yaml
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from connectors.certificates import anybody
from connectors.kafka_version import is_too_old
from connectors.serving.tokens.machines import new_key
from connectors.sources.publishing import create_producer
from ops.access import brokers_of, credentials_of
from ops.doctor import examine
from ops.errors import Refused
from ops.launcher.ports import LOCALHOST
from ops.running import kafka_of, redis_of
from ops.settings import Settings
from tests.support.bank import Bank
from tests.support.builders import CUSTOMER, an_account, an_entry, topic_of, wire
from tests.support.certificates import Authority
from tests.support.receivers import Answer, receiving
from tests.support.secured import PASSWORD, STRANGER
from tests.support.system import WorkerProcess, ending
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

KEY, HASHED = new_key()


def c360(bank: Bank, *arguments: str, status: int = 0, **changed: str) -> str:
    done = run(*arguments, **bank.settings(**changed))
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def publish(bank: Bank) -> None:
    """An account with an entry large enough for an alert."""
    settings = Settings.model_validate(
        {name.removeprefix("C360_").lower(): value for name, value in bank.settings().items()}
    )
    producer = create_producer(brokers_of(settings, bank.kafka.address("SECURE")))
    for event in (an_account(), an_entry(amount_minor=90_000_00, balance_minor=90_000_00)):
        producer.produce(topic_of(event), wire(event), event.customer_id)
    assert producer.flush(30) == 0


def a_deliverer(bank: Bank, url: str) -> WorkerProcess:
    file = bank.folder / "delivery.yaml"
    channel = {"kind": "webhook", "url": url, "secret_env": "CRM_SECRET"}
    file.write_text(yaml.safe_dump({"channels": {"crm": channel}, "routes": [{"channels": ["crm"]}]}))
    deliverer = bank.process("deliver", C360_DELIVERY_FILE=str(file))
    deliverer.environment["CRM_SECRET"] = "shared with the receiver"
    return deliverer


def an_api(bank: Bank) -> WorkerProcess:
    """It only reads in Redis, and has no more rights there."""
    file = bank.folder / "machines.yaml"
    file.write_text(yaml.safe_dump({"machines": [{"name": "desk", "role": "call_centre", "key_sha256": HASHED}]}))
    return bank.process("api", C360_API_PORT="0", C360_MACHINES_FILE=str(file), C360_REDIS_USER="c360-lookups")


def _looked_up(log: str) -> Any:
    """What the API that wrote this log answers, when it does."""
    url = re.search(r"Lookup API at (http://\S+);", log)
    if url is None:
        return None
    answer = httpx.get(f"{url.group(1)}/v1/customers/{CUSTOMER}", headers={"X-API-Key": KEY}, timeout=60)
    return answer.json() if answer.status_code == 200 else None


def test_every_process_works_over_tls_with_user_and_password(bank: Bank) -> None:
    c360(bank, "topics", "create")
    c360(bank, "rules", "seed")
    with receiving(lambda _number: Answer(204)) as receiver, ExitStack() as ends:
        started = [bank.process("worker"), bank.process("projector"), a_deliverer(bank, receiver.url), an_api(bank)]
        for process in started:
            ends.enter_context(ending(process.start()))
        api = started[-1]
        publish(bank)
        eventually(lambda: receiver.taken, within=120)
        found = eventually(lambda: _looked_up(api.log), within=120)
        assert found["customer"]["accounts"]
        assert json.loads(c360(bank, "lookup", CUSTOMER, "--json"))["customer_id"] == CUSTOMER
        status = json.loads(c360(bank, "status", "--json"))
        assert [member["partitions"] for member in status["workers"]] == [[0, 1]]
        assert CUSTOMER in c360(bank, "audit", "--customer", CUSTOMER)
        assert [found for found in examine(bank.loaded) if found.state == "fault" and found.area != "machine"] == []
        assert [process.stop() for process in started] == [0, 0, 0, 0]
    logs = "".join(process.log for process in started)
    assert PASSWORD not in logs


WRONG = "not the password"
PLAIN = {
    "C360_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
    "C360_KAFKA_CA_FILE": "",
    "C360_KAFKA_USER": "",
    "C360_KAFKA_PASSWORD_FILE": "",
}
TLS_ALONE = {"C360_KAFKA_SECURITY_PROTOCOL": "SSL", "C360_KAFKA_USER": "", "C360_KAFKA_PASSWORD_FILE": ""}
OF_KAFKA: list[tuple[str, str, dict[str, str], str | None]] = [
    ("as it should be", "SECURE", {}, None),
    ("a plain client at the plain port", "PLAIN", PLAIN, None),
    ("a client certificate where one is wanted", "MUTUAL", {**TLS_ALONE, "C360_KAFKA_CERTIFICATE_FILE": "own"}, None),
    (
        "wrong password",
        "SECURE",
        {"C360_KAFKA_PASSWORD_FILE": "wrong"},
        "refuses user or password: correct C360_KAFKA_USER and C360_KAFKA_PASSWORD_FILE",
    ),
    (
        "unknown user",
        "SECURE",
        {"C360_KAFKA_USER": "nobody"},
        "refuses user or password: correct C360_KAFKA_USER and C360_KAFKA_PASSWORD_FILE",
    ),
    ("mechanism not enabled", "SECURE", {"C360_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}, "C360_KAFKA_SASL_MECHANISM"),
    ("expired certificate", "EXPIRED", TLS_ALONE, "its certificate has expired: it has to be renewed there"),
    (
        "untrusted authority",
        "SECURE",
        {"C360_KAFKA_CA_FILE": "other"},
        "name the CA that signed it in C360_KAFKA_CA_FILE",
    ),
    ("a plain client at a TLS port", "SECURE", PLAIN, "set C360_KAFKA_SECURITY_PROTOCOL to SASL_SSL or SSL"),
    ("TLS at a plain port", "PLAIN", TLS_ALONE, "set C360_KAFKA_SECURITY_PROTOCOL to what that listener has"),
    ("no client certificate where one is wanted", "MUTUAL", TLS_ALONE, "set C360_KAFKA_CERTIFICATE_FILE"),
]


@pytest.mark.parametrize(("listener", "changed", "cure"), [case[1:] for case in OF_KAFKA], ids=[c[0] for c in OF_KAFKA])
def test_both_kafka_clients_are_let_in_alike_and_a_refusal_names_its_cure(
    bank: Bank, listener: str, changed: dict[str, str], cure: str | None
) -> None:
    files = {
        "own": bank.authority.files(subject="c360"),
        "other": Authority(bank.folder, "Other CA").ca_file,
        "wrong": bank.secret("wrong", WRONG),
    }
    stated = {name: str(files.get(value, value)) for name, value in changed.items()}
    if "C360_KAFKA_CERTIFICATE_FILE" in stated:
        stated["C360_KAFKA_KEY_FILE"] = stated["C360_KAFKA_CERTIFICATE_FILE"]
    settings = bank.loaded(C360_KAFKA_BOOTSTRAP=bank.kafka.address(listener), **stated)
    assert asyncio.run(aiokafka_is_let_in(settings)) == (cure is None)
    if cure is None:
        assert str(kafka_of(settings).bootstrap) == bank.kafka.address(listener)
        return
    with pytest.raises(Refused) as refused:
        kafka_of(settings)
    assert cure in refused.value.message
    assert refused.value.message.startswith(f"Kafka at {bank.kafka.address(listener)} ")
    assert "\n" not in refused.value.message
    found = [finding for finding in examine(lambda: settings) if finding.area == "kafka"]
    assert [(finding.state, finding.cure) for finding in found] == [("fault", refused.value.cure)]


async def aiokafka_is_let_in(settings: Settings) -> bool:
    made: Any = AIOKafkaClient  # it has no types
    client = made(bootstrap_servers=settings.kafka_bootstrap, **credentials_to_aiokafka_auth(credentials_of(settings)))
    try:
        await client.bootstrap()
        await client.fetch_all_metadata()
    except KafkaError:
        return False
    finally:
        await client.close()
    return True


OF_REDIS: list[tuple[str, dict[str, str], str]] = [
    (
        "wrong password",
        {"C360_REDIS_PASSWORD_FILE": "wrong"},
        "it refuses user or password (invalid username-password pair or user is disabled.): correct C360_REDIS_USER",
    ),
    ("no user", {"C360_REDIS_USER": "", "C360_REDIS_PASSWORD_FILE": ""}, "correct C360_REDIS_USER"),
    ("untrusted authority", {"C360_REDIS_CA_FILE": "other"}, "name the CA that signed it in C360_REDIS_CA_FILE"),
    ("a plain client at a TLS port", {"C360_REDIS_CA_FILE": "", "C360_REDIS_URL": "plain"}, "begin with rediss://"),
]


@pytest.mark.parametrize(("changed", "cure"), [case[1:] for case in OF_REDIS], ids=[case[0] for case in OF_REDIS])
def test_a_refusal_of_redis_names_its_cure(bank: Bank, changed: dict[str, str], cure: str) -> None:
    files = {
        "other": str(Authority(bank.folder, "Other CA").ca_file),
        "wrong": bank.secret("wrong", WRONG),
        "plain": bank.redis.address.replace("rediss://", "redis://"),
    }
    settings = bank.loaded(**{name: files.get(value, value) for name, value in changed.items()})
    with pytest.raises(Refused) as refused:
        redis_of(settings)
    assert cure in refused.value.message
    assert WRONG not in refused.value.message
    assert "\n" not in refused.value.message


def test_what_a_user_may_not_is_named_topic_by_topic_and_a_certificate_that_ends_soon_is_told(bank: Bank) -> None:
    found = list(examine(lambda: bank.loaded(C360_KAFKA_USER=STRANGER)))
    said = [finding.said for finding in found if finding.state == "fault"]
    assert f"Kafka does not allow {STRANGER} DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE on topic clock." in said
    assert f"Kafka does not allow {STRANGER} DESCRIBE, READ on group c360-worker." in said
    assert not [line for line in said if line.startswith("There is no topic")]
    assert [f.state for f in found if f"certificate of Kafka at {bank.kafka.address('SECURE')}" in f.said] == ["ok"]
    assert is_too_old(LOCALHOST, bank.kafka.ports["SECURE"], anybody(), 30) is False


def test_each_process_that_is_refused_says_so_in_one_line_and_ends(bank: Bank) -> None:
    wrong = {"C360_KAFKA_PASSWORD_FILE": bank.secret("wrong", WRONG)}
    delivery = {"C360_DELIVERY_FILE": str(bank.folder / "delivery.yaml")}
    (bank.folder / "delivery.yaml").write_text("channels: {}\nroutes: []\n")
    processes = [bank.process(name, **wrong, **delivery) for name in ("worker", "projector", "deliver", "api")]
    with ending(*[process.start() for process in processes]):
        assert [process.wait() for process in processes] == [2, 2, 2, 2]
    for process in processes:
        (line,) = process.log.splitlines()[-1:]
        assert "refuses user or password: correct C360_KAFKA_USER and C360_KAFKA_PASSWORD_FILE" in line

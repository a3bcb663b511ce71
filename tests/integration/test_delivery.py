"""Delivery on a real broker and a real Redis: a receiver that fails half of the time, a killed process, the budget."""

import json
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from confluent_kafka.admin import AdminClient

from connectors.redis_keys import DeliveryKeys
from connectors.sinks.contact_budget import Contact, ContactBudget, Limits
from ops.delivery import deliveries
from ops.launcher import Running
from ops.topics import create_topics
from tests.support.alerts import an_alert
from tests.support.certificates import Authority
from tests.support.receivers import Answer, Receiver, receiving
from tests.support.system import WorkerProcess, empty_topics, ending, produce
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

SECRET = {"CRM_SECRET": "shared with the receiver"}
ALERTS = 40
MISSING = "alerts.maturity"
KAFKA_IS_UP = 'c360_deliverer_dependency_up{dependency="kafka"}'
IT_RUNS = 'c360_process_state{process="deliverer",state="running"}'


def a_delivery_file(folder: Path, receiver: Receiver, **stated: Any) -> str:
    content = {
        "channels": {"crm": {"kind": "webhook", "url": receiver.url, "secret_env": "CRM_SECRET"}},
        "routes": [{"channels": ["crm"]}],
        "retry": {"first_seconds": 0.01, "longest_seconds": 0.05, "attempts": 20},
        **stated,
    }
    file = folder / "delivery.yaml"
    file.write_text(yaml.safe_dump(content))
    return str(file)


def a_deliverer(running: Running, folder: Path, file: str) -> WorkerProcess:
    settings = {**SECRET, "C360_REDIS_URL": running.redis_url, "C360_DELIVERY_FILE": file}
    settings["C360_DELIVERY_GROUP"] = f"deliver-{folder.name}"
    command = ("ops", "deliver")
    return WorkerProcess(running.kafka_bootstrap, "unused", folder, "deliverer", settings, command)


def publish(bootstrap: str, alerts: list[dict[str, Any]]) -> None:
    produce(bootstrap, [("alerts.balance", alert["customer_id"], json.dumps(alert).encode()) for alert in alerts])


def test_a_receiver_that_fails_half_of_the_time_gets_each_alert_and_can_tell_duplicates(
    running: Running, tmp_path: Path
) -> None:
    bootstrap = running.kafka_bootstrap
    empty_topics(bootstrap)
    alerts = [an_alert(f"alert-{number}", customer_id=f"C{number % 7}", cause=number) for number in range(ALERTS)]
    publish(bootstrap, alerts)
    with receiving(lambda number: Answer(204 if number % 2 else 500)) as receiver:
        deliverer = a_deliverer(running, tmp_path, a_delivery_file(tmp_path, receiver)).start()
        with ending(deliverer):
            eventually(lambda: len(receiver.taken) > ALERTS // 3, within=60)
            deliverer.kill()
            deliverer.start()
            eventually(lambda: keys_of(receiver) == keys(alerts), within=60)
            eventually(lambda: recorded(bootstrap) == keys(alerts), within=60)
            assert deliverer.stop() == 0
    told = [alert for posted in receiver.taken for alert in posted.parcel["alerts"]]
    assert {json.dumps(alert, sort_keys=True) for alert in told} == {json.dumps(a, sort_keys=True) for a in alerts}


def recorded(bootstrap: str) -> set[str]:
    return {outcome.key for outcome in deliveries(bootstrap) if outcome.outcome == "delivered"}


def keys_of(receiver: Receiver) -> set[str]:
    return {posted.headers["Idempotency-Key"] for posted in receiver.taken}


def keys(alerts: list[dict[str, Any]]) -> set[str]:
    return {f"{alert['alert_id']}.{alert['revision']}" for alert in alerts}


def test_what_failed_is_kept_and_sent_again_when_asked(running: Running, tmp_path: Path) -> None:
    bootstrap = running.kafka_bootstrap
    empty_topics(bootstrap)
    alert = an_alert()
    publish(bootstrap, [alert])
    well: list[bool] = []
    with receiving(lambda _number: Answer(204 if well else 410)) as receiver:
        file = a_delivery_file(tmp_path, receiver)
        deliverer = a_deliverer(running, tmp_path, file).start()
        with ending(deliverer):
            (failed,) = eventually(lambda: deliveries(bootstrap), within=60)
        assert (failed.outcome, failed.attempts, failed.error) == ("failed", 1, "answered 410 Gone")
        environment = {**SECRET, "KAFKA_BOOTSTRAP": bootstrap, "REDIS_URL": running.redis_url}
        again = run("deliver", "--file", file, "--again", **environment)
        assert (again.returncode, again.stdout) == (1, "0 of 1 delivered; 1 failed again.\n")
        well.append(True)
        again = run("deliver", "--file", file, "--again", **environment)
        assert (again.returncode, again.stdout) == (0, "1 of 1 delivered; 0 failed again.\n")
        again = run("deliver", "--file", file, "--again", **environment)
        assert again.stdout == "Nothing that failed waits to be delivered again.\n"
    assert [posted.parcel["alerts"] for posted in receiver.taken] == [[alert]]


def test_a_missing_topic_keeps_nothing_of_the_others_back_and_is_told_until_it_is_there(
    running: Running, tmp_path: Path
) -> None:
    bootstrap = running.kafka_bootstrap
    empty_topics(bootstrap)
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    for future in admin.delete_topics([MISSING]).values():
        future.result()
    eventually(lambda: MISSING not in admin.list_topics(timeout=60).topics)
    backlog = [an_alert(f"alert-{number}", customer_id=f"C{number}", cause=number) for number in range(9)]
    publish(bootstrap, backlog)
    with receiving() as receiver:
        deliverer = a_deliverer(running, tmp_path, a_delivery_file(tmp_path, receiver)).start()
        with ending(deliverer):
            eventually(lambda: keys_of(receiver) == keys(backlog))
            eventually(lambda: f"Subscribed topic not available: {MISSING}" in deliverer.log)
            eventually(lambda: (shown(deliverer, KAFKA_IS_UP), shown(deliverer, IT_RUNS)) == (0, 0))
            create_topics(bootstrap, 4)
            eventually(lambda: (shown(deliverer, KAFKA_IS_UP), shown(deliverer, IT_RUNS)) == (1, 1))
            late = an_alert("late", cause=99)
            produce(bootstrap, [(MISSING, "C1", json.dumps(late).encode())])
            eventually(lambda: keys_of(receiver) == keys([*backlog, late]))
            assert deliverer.stop() == 0
    assert recorded(bootstrap) == keys([*backlog, late])


def shown(deliverer: WorkerProcess, figure: str) -> float | None:
    url = re.search(r"metrics at (http://\S+)", deliverer.log)
    assert url is not None
    lines = (line.rpartition(" ") for line in httpx.get(url[1], timeout=30).text.splitlines())
    return next((float(value) for name, _, value in lines if name == figure), None)


def test_over_https_nothing_is_lost_to_a_receiver_that_is_not_trusted_yet(running: Running, tmp_path: Path) -> None:
    bootstrap = running.kafka_bootstrap
    empty_topics(bootstrap)
    alert = an_alert()
    publish(bootstrap, [alert])
    authority, other = Authority(tmp_path), Authority(tmp_path, "Other CA")
    with receiving(tls=authority.server()) as receiver:
        channel = {"kind": "webhook", "url": receiver.url, "secret_env": "CRM_SECRET"}
        retry = {"first_seconds": 0.01, "longest_seconds": 0.05, "attempts": 3}
        wrong = {"crm": {**channel, "ca_file": str(other.ca_file)}}
        file = a_delivery_file(tmp_path, receiver, channels=wrong, retry=retry)
        deliverer = a_deliverer(running, tmp_path, file).start()
        with ending(deliverer):
            (failed,) = eventually(lambda: deliveries(bootstrap), within=60)
        assert (failed.outcome, failed.attempts) == ("failed", 3)
        assert "name the CA that signed it in the channel's ca_file" in (failed.error or "")
        a_delivery_file(tmp_path, receiver, channels={"crm": {**channel, "ca_file": str(authority.ca_file)}})
        environment = {**SECRET, "KAFKA_BOOTSTRAP": bootstrap, "REDIS_URL": running.redis_url}
        again = run("deliver", "--file", file, "--again", **environment)
        assert (again.returncode, again.stdout) == (0, "1 of 1 delivered; 0 failed again.\n")
    assert [posted.parcel["alerts"] for posted in receiver.taken] == [[alert]]


def test_the_budget_counts_each_contact_once_and_remembers_it_over_restarts(redis_url: str, topic_prefix: str) -> None:
    keys = DeliveryKeys(f"{{{topic_prefix}}}")
    limits = Limits(2, 3, timedelta(hours=1), timedelta(minutes=10))

    def held(contact: str, now: float, customer: str = "C1", to: str = "M1", severity: str = "notice") -> str | None:
        budget = ContactBudget(redis_url, keys)
        try:
            return budget.held_because(Contact(contact, customer, to, severity), limits, now)
        finally:
            budget.close()

    start = 1_795_428_000.0
    assert held("first", start) is None
    assert held("too-soon", start + 60) == "cool_down"
    assert held("second", start + 660) is None
    assert held("first", start + 661) is None, "asked again it is the same contact"
    assert held("third", start + 1_300) == "customer_budget"
    assert held("other-severity", start + 1_300, severity="urgent") is None
    assert held("other-customer", start + 1_300, customer="C2") is None
    assert held("one-more", start + 1_300, customer="C3") == "addressee_budget"
    assert held("third", start + 8_000) == "customer_budget", "the answer given first is given ever after"
    assert held("fourth", start + 8_000) is None


def test_what_is_kept_back_from_people_is_counted_and_recorded(running: Running, tmp_path: Path) -> None:
    bootstrap = running.kafka_bootstrap
    empty_topics(bootstrap)
    customer = f"C-{tmp_path.name}"
    publish(bootstrap, [an_alert(f"alert-{number}", customer_id=customer, cause=number) for number in range(5)])
    with receiving() as receiver:
        file = a_delivery_file(tmp_path, receiver, budget={"notice": {"per_customer": 2}})
        deliverer = a_deliverer(running, tmp_path, file).start()
        with ending(deliverer):
            eventually(lambda: len(deliveries(bootstrap)) == 5, within=60)
    assert len(receiver.taken) == 2
    outcomes = Counter((outcome.outcome.value, outcome.error) for outcome in deliveries(bootstrap))
    assert outcomes == {("delivered", None): 2, ("held", "customer_budget"): 3}
    listed = run("alerts", "held", "--customer", customer, KAFKA_BOOTSTRAP=bootstrap).stdout
    assert listed.count("large balance (customer_budget)") == 3
    assert listed.endswith("3 held back.\n")
    explained = run("alerts", "explain", listed.split()[-4], KAFKA_BOOTSTRAP=bootstrap)
    assert explained.returncode == 0, explained.stderr
    assert explained.stdout.startswith(f"Large balance for customer {customer}")
    assert "held it back" in explained.stdout.splitlines()[-1]


@pytest.mark.parametrize("missing", ["file", "secret"])
def test_what_is_missing_is_said_in_one_sentence(tmp_path: Path, missing: str) -> None:
    arguments = [] if missing == "file" else ["--file", str(tmp_path / "delivery.yaml")]
    with receiving() as receiver:
        a_delivery_file(tmp_path, receiver)
    done = run("deliver", *arguments, KAFKA_BOOTSTRAP="127.0.0.1:1", REDIS_URL="redis://127.0.0.1:1")
    assert done.returncode == 2
    said = "give --file or set C360_DELIVERY_FILE" if missing == "file" else "CRM_SECRET is not set"
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1

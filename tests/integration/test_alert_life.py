"""The life of alerts on a real broker and a real Redis: acted on, refused, woken, forgotten, with a worker killed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from connectors.redis_keys import Keys
from ops.launcher import Running
from ops.topics import write_ticks
from schemas.events import Event
from schemas.topics import CUSTOMER_VIEWS, DEAD_LETTERS
from schemas.views import alert_section, section_key
from tests.support import builders
from tests.support.replay import wait_until_folded
from tests.support.system import WorkerProcess, committed_records, empty_topics, ending, produce
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

pytestmark = pytest.mark.kafka

NOBODYS_ALERT = "00000000-0000-5000-8000-000000000000"
LATER_THAN_ANY = 2**52
"""A sequence number."""
LONG_AFTER = datetime(2100, 1, 2, tzinfo=UTC)
"""Of any action that a person takes while this test runs."""


class Bank:
    """One customer with large entries, a worker and a projector; closed alerts are kept for 30 days."""

    def __init__(self, running: Running, home: Path, name: str) -> None:
        self.bootstrap, self.group, self.customer = running.kafka_bootstrap, f"{name}worker", f"life-{home.name}"
        settings = {"C360_CLOSED_ALERT_DAYS": "30", "C360_REDIS_URL": running.redis_url}
        self.worker = WorkerProcess(self.bootstrap, self.group, home, "worker", settings)
        self.projector = WorkerProcess(self.bootstrap, self.group, home, "projector", settings, ("ops", "projector"))
        self.redis = redis.Redis.from_url(running.redis_url)

    def send(self, *events: Event) -> None:
        produce(self.bootstrap, [(builders.topic_of(e), self.customer, builders.wire(e)) for e in events])

    def entries(self, count: int) -> list[str]:
        """So many large entries, folded; the ids of their alerts, in order."""
        self.send(builders.a_host(customer_id=self.customer))
        self.folded()
        large = {"customer_id": self.customer, "amount_minor": 60_000_00}
        self.send(*(builders.an_entry(source_seq=seq, **large) for seq in range(1, count + 1)))
        self.folded()
        return [alert["alert_id"] for alert in Seen(self).alerts]

    def act(self, *arguments: str) -> None:
        """A command of `c360 alerts`, by jnovak."""
        done = run("alerts", *arguments, "--by", "jnovak", KAFKA_BOOTSTRAP=self.bootstrap)
        assert done.returncode == 0, done.stderr
        assert "The action is on topic alert-actions" in done.stdout

    def folded(self) -> None:
        wait_until_folded(self.bootstrap, self.group, 1.0)

    def in_redis(self, alert_id: str) -> bytes | None:
        found: Any = self.redis.hget(Keys().view(self.customer), alert_section(alert_id))
        return None if found is None else bytes(found)


class Seen:
    """What Kafka holds at a moment, read once."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        found = committed_records(bank.bootstrap, ["alerts.balance", CUSTOMER_VIEWS, DEAD_LETTERS])
        told = [json.loads(message.value()) for message in found if message.topic() == "alerts.balance"]
        self.alerts = [alert for alert in told if alert["kind"] == "large_entry"]
        letters = [json.loads(message.value()) for message in found if message.topic() == DEAD_LETTERS]
        self.dead_letters = [(letter["reason"], letter["error"]) for letter in letters]
        self.sections = {message.key(): message.value() for message in found if message.topic() == CUSTOMER_VIEWS}

    def changes(self, alert_id: str) -> list[tuple[int, str]]:
        """(revision, change) of all records of an alert."""
        return [(alert["revision"], alert["change"]) for alert in self.alerts if alert["alert_id"] == alert_id]

    def section(self, alert_id: str) -> bytes | None:
        """The newest record of the alert's section, which must be there; None is a tombstone."""
        value: bytes | None = self.sections[section_key(self._bank.customer, alert_section(alert_id)).encode()]
        return value

    def state_of(self, alert_id: str) -> str:
        """In the view and in Redis, which come to the same bytes, and as the topic told it last."""
        section = self.section(alert_id)
        assert section is not None
        eventually(lambda: self._bank.in_redis(alert_id) == section, within=60)
        alert = json.loads(section)
        assert alert == [one for one in self.alerts if one["alert_id"] == alert_id][-1]
        return str(alert["state"])


@pytest.fixture
def bank(running: Running, topic_prefix: str, tmp_path: Path) -> Iterator[Bank]:
    empty_topics(running.kafka_bootstrap)
    made = Bank(running, tmp_path, topic_prefix)
    with ending(made.worker.start(), made.projector.start()):
        yield made
    made.redis.close()


def test_alerts_are_acted_on_once_though_the_worker_is_killed_and_wrong_actions_are_dead_letters(bank: Bank) -> None:
    first, second, third = bank.entries(3)
    bank.act("ack", first, "--note", "I call him.")
    bank.folded()
    bank.worker.kill()
    [acknowledged] = committed_records(bank.bootstrap, ["alert-actions"])
    produce(bank.bootstrap, [("alert-actions", bank.customer, acknowledged.value())])
    bank.act("snooze", second, "--until", "2100-01-01T08:00:00")
    bank.act("dismiss", third, "--why", "A salary.")
    wrong = {"customer_id": bank.customer, "source_seq": LATER_THAN_ANY}
    bank.send(*(builders.an_acknowledgement(alert_id, **wrong) for alert_id in (third, NOBODYS_ALERT)))
    bank.worker.start()
    bank.folded()
    seen = Seen(bank)
    assert [seen.state_of(alert) for alert in (first, second, third)] == ["acknowledged", "snoozed", "dismissed"]
    assert_refused(seen, bank.customer, third)
    write_ticks(bank.bootstrap, LONG_AFTER)
    bank.folded()
    seen = Seen(bank)
    assert seen.changes(first) == [(1, "raised"), (2, "acknowledged")]
    assert seen.changes(second) == [(1, "raised"), (2, "snoozed"), (3, "woken")]
    assert seen.changes(third) == [(1, "raised"), (2, "dismissed")]
    assert seen.state_of(second) == "raised"
    assert seen.section(third) is None, "closed for more than thirty days"
    eventually(lambda: bank.in_redis(third) is None, within=60)
    assert_told(bank, first)


def assert_refused(seen: Seen, customer: str, closed: str) -> None:
    """Both wrong actions are kept, each with its sentence."""
    (reason, of_closed), (reason_too, of_unknown) = seen.dead_letters
    assert (reason, reason_too) == ("refused", "refused")
    assert of_closed.startswith(f"alert_id: alert {closed} was dismissed at ")
    assert of_closed.endswith("and only an open one can be acted on")
    assert of_unknown.startswith(f"alert_id: customer {customer} has no alert {NOBODYS_ALERT}: none was raised")


def assert_told(bank: Bank, acknowledged: str) -> None:
    """`c360 alerts explain` tells what was raised, and who did what."""
    story = run("alerts", "explain", acknowledged, KAFKA_BOOTSTRAP=bank.bootstrap).stdout
    assert story.startswith(f"Large entry for customer {bank.customer}, raised at 2020-03-02T12:00:00+00:00 to M001")
    assert "Revision 2: acknowledged by jnovak at " in story
    assert "(I call him.); it is with M001, and its state is acknowledged." in story

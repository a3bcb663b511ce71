"""The alert topics as their consumers read them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.errors import NoSuchTopic, Unavailable
from connectors.serving.alert_feed import AlertFeed, Published
from connectors.sources.control_topic import ControlTopic
from ops.launcher import Running
from tests.support.waiting import eventually


@pytest.fixture
def alert_topic(running: Running, topic_prefix: str) -> str:
    """An empty topic for alerts."""
    admin = AdminClient({"bootstrap.servers": running.kafka_bootstrap, "log_level": 0})
    name = f"{topic_prefix}alerts.maturity"
    admin.create_topics([NewTopic(name, 2, 1)])[name].result()
    eventually(lambda: name in admin.list_topics(timeout=60).topics)
    return name


def _alert(number: int) -> bytes:
    return orjson.dumps(
        {
            "alert_id": f"00000000-0000-5000-8000-{number:012d}",
            "revision": 1,
            "change": "raised",
            "kind": "maturity",
            "customer_id": "B1",
            "subject": "account:A1",
            "raised_at": "2020-01-01T00:00:00Z",
            "severity": "notice",
            "to": "M001",
            "payload": {},
            "proof": {
                "rule_id": "maturity",
                "rule_version": 1,
                "thresholds": {},
                "causes": [],
                "as_of": "2020-01-01T00:00:00Z",
            },
        }
    )


def _publish(running: Running, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": running.kafka_bootstrap, "log_level": 0})
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=number % 2)
    assert producer.flush(30) == 0


def _taken(feed: AlertFeed, wanted: int) -> list[Published]:
    taken: list[Published] = []

    def enough() -> bool:
        taken.extend(feed.take(0.1))
        return len(taken) >= wanted

    eventually(enough)
    return taken


@contextmanager
def _feed(running: Running, topic: str, *, from_start: bool) -> Iterator[AlertFeed]:
    feed = AlertFeed(running.kafka_bootstrap, from_start=from_start, topics=[topic])
    try:
        yield feed
    finally:
        feed.close()


def test_from_the_start_all_alerts_come_and_what_is_none_is_marked(running: Running, alert_topic: str) -> None:
    _publish(running, alert_topic, _alert(1), b"no alert", _alert(2))
    with _feed(running, alert_topic, from_start=True) as feed:
        taken = _taken(feed, 3)
        assert {str(each.alert.alert_id)[-1] for each in taken if each.alert} == {"1", "2"}
        assert [each.value for each in taken if each.alert is None] == [b"no alert"]


def test_from_now_on_only_new_alerts_come(running: Running, alert_topic: str) -> None:
    _publish(running, alert_topic, *(_alert(number) for number in range(10)))
    with _feed(running, alert_topic, from_start=False) as feed:
        passed_over: list[Published] = []

        def following() -> bool:
            passed_over.extend(feed.take(0.1))
            return feed.following

        eventually(following)
        assert passed_over == []
        _publish(running, alert_topic, _alert(99))
        (new,) = _taken(feed, 1)
        assert new.value == _alert(99)


@pytest.mark.kafka
def test_alerts_of_an_aborted_transaction_never_come(running: Running, alert_topic: str) -> None:
    producer = Producer({"bootstrap.servers": running.kafka_bootstrap, "transactional.id": alert_topic, "log_level": 0})
    producer.init_transactions(30)
    for number, commits in ((1, False), (2, True)):
        producer.begin_transaction()
        producer.produce(alert_topic, _alert(number), partition=0)
        producer.flush(10)
        producer.commit_transaction(10) if commits else producer.abort_transaction(10)
    with _feed(running, alert_topic, from_start=True) as feed:
        (only,) = _taken(feed, 1)
        assert only.value == _alert(2)


def test_a_missing_topic_is_told_by_name(running: Running, topic_prefix: str) -> None:
    if not running.capabilities.transactions:
        pytest.skip("this broker creates what is asked for")
    with pytest.raises(Unavailable, match=f"{topic_prefix}nosuch"):
        AlertFeed(running.kafka_bootstrap, from_start=True, topics=[f"{topic_prefix}nosuch"])
    with closing(ControlTopic(running.kafka_bootstrap, f"{topic_prefix}nosuch", lambda _: None)) as control:
        where = f"kafka at {running.kafka_bootstrap} is not available: it has no topic {topic_prefix}nosuch"
        with pytest.raises(NoSuchTopic, match=where):
            control.read()

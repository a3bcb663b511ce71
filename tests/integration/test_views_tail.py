"""Whoever follows views is told whenever some changes may have passed him by."""

from collections.abc import Callable
from contextlib import closing

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.serving.views_tail import Batch, ViewsTail
from schemas.topics import CUSTOMER_VIEWS
from tests.support.projection import ViewsTopic
from tests.support.system import empty_topics
from tests.support.waiting import eventually


def failing_once(is_up: Callable[[], bool]) -> Callable[[], str]:
    """Names the topic, but for one time, once that is so."""
    failures = [KafkaException(KafkaError(KafkaError._TRANSPORT))]

    def name() -> str:
        if is_up() and failures:
            raise failures.pop()
        return CUSTOMER_VIEWS

    return name


@pytest.mark.kafka
def test_each_beginning_is_told_the_first_and_one_after_kafka_did_not_answer(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap, seeded=False)
    taken: list[Batch] = []
    begun: list[int] = []
    producer = Producer({"bootstrap.servers": kafka_bootstrap, "log_level": 0})

    def writes(number: int) -> None:
        producer.produce(CUSTOMER_VIEWS, b"{}", f"C{number}/summary")
        assert producer.flush(60) == 0

    writes(0)
    tail = ViewsTail(kafka_bootstrap, taken.append, failing_once(lambda: bool(taken)), lambda: begun.append(len(taken)))
    with closing(tail):
        tail.start()
        eventually(lambda: begun == [0], within=60)
        writes(1)
        eventually(lambda: len(begun) == 2, within=60)
        writes(2)
        eventually(lambda: len(taken) == 2, within=60)
    assert taken == [[("C1", {"summary": b"{}"})], [("C2", {"summary": b"{}"})]]
    assert begun == [0, 1]


@pytest.mark.kafka
def test_a_topic_that_was_created_anew_is_followed_and_told_of(kafka_bootstrap: str, topic_prefix: str) -> None:
    topic = ViewsTopic(kafka_bootstrap, f"{topic_prefix}views").create()
    taken: list[Batch] = []
    begun: list[int] = []
    for number in range(20):
        topic.put(f"C{number}", "summary", b"{}")
    topic.settle()
    tail = ViewsTail(kafka_bootstrap, taken.append, lambda: topic.name, lambda: begun.append(len(taken)))
    with closing(tail):
        tail.start()
        eventually(lambda: begun == [0])
        topic.recreate()
        eventually(lambda: len(begun) > 1)

        def is_followed() -> bool:
            topic.put("C1", "summary", b"{}")
            topic.settle()
            return bool(taken)

        # A broker that has just made it may send whoever asks back once more, past what was written meanwhile.
        eventually(is_followed, every=0.2)
    assert taken[0] == [("C1", {"summary": b"{}"})]

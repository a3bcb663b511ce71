"""Outcomes of deliveries: none is given up, whatever Kafka says of it."""

from datetime import UTC, datetime

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors.errors import Unavailable
from connectors.sinks.outcomes import Outcomes
from schemas.alerts import Severity
from schemas.deliveries import Delivery, DeliveryOutcome
from tests.support.kafka_clients import Writer

MISSING = KafkaError(KafkaError._UNKNOWN_TOPIC, "Local: Unknown topic")


def an_outcome(key: str) -> Delivery:
    return Delivery(
        key=key,
        channel="crm",
        outcome=DeliveryOutcome.DELIVERED,
        customer_id="C1",
        to="M1",
        severity=Severity.NOTICE,
        alerts=[],
        attempts=1,
        error=None,
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def written(writer: Writer) -> list[str]:
    return [Delivery.model_validate_json(value).key for value in writer.written]


def test_an_outcome_that_kafka_did_not_take_is_written_again_by_the_next_flush() -> None:
    writer = Writer()
    outcomes = Outcomes(writer.client)
    writer.failures.append(MISSING)
    outcomes.record(an_outcome("first"))
    outcomes.record(an_outcome("second"))
    with pytest.raises(Unavailable, match=r"deliveries: .*run `c360 topics create`"):
        outcomes.flush()
    assert written(writer) == ["second"]
    outcomes.flush()
    assert written(writer) == ["second", "first"]
    outcomes.flush()
    assert len(writer.written) == 2


def test_an_outcome_that_is_refused_before_it_is_sent_is_written_again_too() -> None:
    writer = Writer()
    outcomes = Outcomes(writer.client)
    writer.refusals.extend([MISSING, MISSING])
    outcomes.record(an_outcome("first"))
    for _ in range(2):
        with pytest.raises(Unavailable, match="run `c360 topics create`"):
            outcomes.flush()
    outcomes.flush()
    assert written(writer) == ["first"]


def test_an_outcome_without_an_answer_waits_and_is_not_written_twice() -> None:
    writer = Writer()
    outcomes = Outcomes(writer.client)
    writer.is_silent = True
    outcomes.record(an_outcome("first"))
    with pytest.raises(Unavailable, match="no answer"):
        outcomes.flush()
    writer.is_silent = False
    outcomes.flush()
    assert written(writer) == ["first"]


def test_a_producer_that_is_of_no_more_use_ends_the_process() -> None:
    writer = Writer()
    writer.refusals.append(KafkaError(KafkaError._FATAL, "Local: Fatal error", fatal=True))
    with pytest.raises(KafkaException):
        Outcomes(writer.client).record(an_outcome("first"))

"""The deliverer's rounds: an alert counts as settled once its outcome stands in Kafka, and is delivered once."""

import json
import threading
from datetime import UTC, datetime

import pytest
from confluent_kafka import KafkaError
from prometheus_client import CollectorRegistry

from connectors.sinks.alert_records import AlertRecords
from connectors.sinks.contact_budget import Contact, Limits
from connectors.sinks.delivering import Deliverer, Patience
from connectors.sinks.outcomes import Outcomes
from connectors.sinks.parcels import NotTaken, Parcel
from connectors.sinks.routes import DeliveryFile
from ops.carrying import Carrier
from ops.metrics import DelivererMetrics
from tests.support.alerts import an_alert
from tests.support.kafka_clients import Reader, Writer, a_record, a_refusal

NOW = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)
FILE = DeliveryFile.model_validate(
    {
        "channels": {"crm": {"kind": "webhook", "url": "https://crm.bank.example", "secret_env": "S"}},
        "routes": [{"channels": ["crm"]}],
        "budget": {"notice": {"per_customer": 9}},
    }
)
ALERT = a_record("alerts.balance", 0, json.dumps(an_alert()).encode())
AWAY = KafkaError(KafkaError._MSG_TIMED_OUT, "Local: Message timed out")


class Asked(threading.Event):
    """To stop, after so many pauses."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self.left = pauses

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        self.left -= 1
        if self.left < 0:
            self.set()
        return self.is_set()


class Desk:
    """The channel and the budget."""

    name = "crm"

    def __init__(self) -> None:
        self.sent: list[Parcel] = []
        self.asked: list[Contact] = []
        self.trouble: list[Exception] = []

    def send(self, parcel: Parcel, _now: datetime, /) -> None:
        self.sent.append(parcel)
        if self.trouble:
            raise self.trouble.pop()

    def look(self) -> None: ...

    def held_because(self, contact: Contact, _limits: Limits, _now: float, /) -> str | None:
        self.asked.append(contact)
        return None

    def close(self) -> None: ...


def carry(reader: Reader, writer: Writer, stop: threading.Event, desk: Desk) -> CollectorRegistry:
    """Until it stops."""
    registry = CollectorRegistry()
    metrics = DelivererMetrics(registry, ["crm"])
    outcomes = Outcomes(writer.client)
    patience = Patience(3, 0.5, 60.0, lambda: 1.0, stop.wait)
    deliverer = Deliverer(FILE, {"crm": desk}, desk, patience, outcomes.record, metrics, lambda: NOW)
    seconds = iter(range(0, 1_000_000, 10))
    records = AlertRecords("there:9092", "deliver", 6_000, make=reader, now=lambda: float(next(seconds)))
    try:
        Carrier(records, deliverer, outcomes, metrics, stop).carry()
    finally:
        deliverer.close()
    return registry


def ending(reader: Reader, stop: threading.Event) -> Reader:
    """Stops when all rounds were had."""
    reader.on_end = stop.set
    return reader


def test_an_outcome_that_kafka_did_not_take_is_recorded_before_the_position_moves_and_nobody_is_told_twice() -> None:
    stop, writer, desk = Asked(5), Writer(), Desk()
    writer.failures.extend([AWAY, AWAY])
    reader = ending(Reader([ALERT]), stop)
    carry(reader, writer, stop, desk)
    assert (len(desk.sent), len(desk.asked), len(writer.written)) == (1, 1, 1)
    assert reader.committed == {"alerts.balance": 1}


def test_an_outcome_that_is_not_recorded_until_the_end_leaves_the_position_for_the_next_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stop, writer, desk = Asked(3), Writer(), Desk()
    writer.failures.extend([AWAY] * 9)
    reader = Reader([ALERT])
    carry(reader, writer, stop, desk)
    assert (len(desk.sent), writer.written, reader.committed) == (1, [], {})
    assert [line for line in caplog.messages if "are not recorded" in line] == [
        "kafka is not available: outcomes of deliveries are not recorded (deliveries: Local: Message timed out): "
        "trying again"
    ]


def test_who_is_asked_to_stop_while_a_receiver_and_kafka_are_away_ends_without_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stop, writer, desk = Asked(0), Writer(), Desk()
    desk.trouble.append(NotTaken("answered 503"))
    writer.is_silent = True
    other = a_record("alerts.balance", 1, json.dumps(an_alert("other", customer_id="C2")).encode())
    reader = Reader([ALERT, other])
    carry(reader, writer, stop, desk)
    assert reader.committed == {}
    assert any("is not on record until it is delivered again" in line for line in caplog.messages)


def test_reasons_that_take_turns_are_said_once_each_until_all_is_well_again(caplog: pytest.LogCaptureFixture) -> None:
    limit, lending = [a_refusal("alerts.maturity")], [a_refusal("alerts.lending")]
    stop = Asked(99)
    reader = ending(Reader(limit, lending, limit, lending), stop)
    registry = carry(reader, Writer(), stop, Desk())
    assert [line.partition("available: ")[2].partition(":")[0] for line in caplog.messages] == [
        "Subscribed topic not available",
        "Subscribed topic not available",
    ]
    assert registry.get_sample_value("c360_deliverer_dependency_up", {"dependency": "kafka"}) == 0
    assert registry.get_sample_value("c360_process_state", {"process": "deliverer", "state": "running"}) in (0, None)

    caplog.clear()
    stop = Asked(99)
    reader = ending(Reader(limit, [], limit, lending), stop)
    reader.there.update(["alerts.maturity", "alerts.lending"])
    carry(reader, Writer(), stop, Desk())
    assert len(caplog.messages) == 3, "the first came again after all was well"

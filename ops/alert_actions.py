"""Acting on an alert: an event on topic `alert-actions`, as any system that shows alerts would send it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, Message

from connectors.brokers import Kafka
from connectors.serving.actions import ActionRefused, action_of
from connectors.sources.publishing import create_producer
from ops.alert_stories import alert_records
from ops.errors import OperatorError
from schemas.actions import AlertAction
from schemas.alerts import Alert

__all__ = ["act"]

TOPIC: Final = "alert-actions"
SOURCE: Final = "c360-cli"
_TIMEOUT: Final = 10.0


def act(bootstrap: Kafka, alert_id: UUID, action: str, actor: str, now: datetime, said: Mapping[str, Any]) -> Alert:
    """Publish `alert.<action>`; the alert as it stood before. OperatorError when it is closed, or the event is wrong.

    A worker folds it a moment later; what it then thinks of it is on the alert's topic, or in `dead-letters`.
    """
    alert = alert_records(bootstrap, alert_id)[-1]
    try:
        event = action_of(alert, action, actor, SOURCE, now, said)
    except ActionRefused as refused:
        raise OperatorError(str(refused)) from None
    _publish(bootstrap, event)
    return alert


def _publish(bootstrap: Kafka, event: AlertAction) -> None:
    producer = create_producer(bootstrap)
    failures: list[str] = []

    def report(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(error.str())

    try:
        producer.produce(TOPIC, event.model_dump_json(), event.customer_id, on_delivery=report)
        producer.flush(_TIMEOUT)
    except KafkaException as error:
        failures.append(error.args[0].str())
    if failures or len(producer):
        said = failures[0] if failures else "no answer"
        raise OperatorError(f"Kafka at {bootstrap} did not take the action ({said}): give it again.")

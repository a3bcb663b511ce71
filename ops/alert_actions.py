"""Acting on an alert: an event on topic `alert-actions`, as any system that shows alerts would send it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, Message
from pydantic import ValidationError

from connectors.sources.publishing import create_producer
from ops.alert_stories import alert_records
from ops.errors import OperatorError
from schemas.actions import AlertAcknowledged, AlertAction, AlertDismissed, AlertResolved, AlertSnoozed
from schemas.alerts import Alert, AlertState
from streams.rules.load import first_error

__all__ = ["act", "action_of"]

TOPIC: Final = "alert-actions"
SOURCE: Final = "c360-cli"
CLOSED: Final = frozenset({AlertState.RESOLVED, AlertState.DISMISSED, AlertState.EXPIRED})
_MODELS: Final[dict[str, type[AlertAction]]] = {
    "acknowledged": AlertAcknowledged,
    "snoozed": AlertSnoozed,
    "dismissed": AlertDismissed,
    "resolved": AlertResolved,
}
_TIMEOUT: Final = 10.0


def act(bootstrap: str, alert_id: UUID, action: str, actor: str, now: datetime, said: Mapping[str, Any]) -> Alert:
    """Publish `alert.<action>`; the alert as it stood before. OperatorError when it is closed, or the event is wrong.

    A worker folds it a moment later; what it then thinks of it is on the alert's topic, or in `dead-letters`.
    """
    alert = alert_records(bootstrap, alert_id)[-1]
    _publish(bootstrap, action_of(alert, action, actor, now, said))
    return alert


def action_of(alert: Alert, action: str, actor: str, now: datetime, said: Mapping[str, Any]) -> AlertAction:
    """The event: acknowledged, snoozed, dismissed or resolved. OperatorError as above."""
    if alert.state in CLOSED:
        raise OperatorError(f"Alert {alert.alert_id} is {alert.state} already, and only an open one can be acted on.")
    # Several people act on one alert: what orders them is the clock, and never less than what is known.
    seq = max(int(now.timestamp() * 1000), alert.life.seq + 1 if alert.life is not None else 0)
    event = {
        "type": f"alert.{action}",
        "event_id": f"{SOURCE}:{alert.alert_id}:{seq}",
        "customer_id": alert.customer_id,
        "source": SOURCE,
        "source_seq": seq,
        "occurred_at": now,
        "recorded_at": now,
        "alert_id": alert.alert_id,
        "actor": actor,
        **{name: value for name, value in said.items() if value is not None},
    }
    try:
        return _MODELS[action].model_validate(event)
    except ValidationError as invalid:
        raise OperatorError(f"Alert {alert.alert_id} can't be {action}: {first_error(invalid)}.") from None


def _publish(bootstrap: str, event: AlertAction) -> None:
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

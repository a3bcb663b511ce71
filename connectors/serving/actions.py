"""What a person does with an alert, as an event for topic `alert-actions`. Pure: whoever shows alerts uses it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from schemas.actions import AlertAcknowledged, AlertAction, AlertDismissed, AlertResolved, AlertSnoozed
from schemas.alerts import Alert, AlertState

__all__ = ["CLOSED", "ActionRefused", "action_of"]

CLOSED: Final = frozenset({AlertState.RESOLVED, AlertState.DISMISSED, AlertState.EXPIRED})
_MODELS: Final[dict[str, type[AlertAction]]] = {
    "acknowledged": AlertAcknowledged,
    "snoozed": AlertSnoozed,
    "dismissed": AlertDismissed,
    "resolved": AlertResolved,
}


class ActionRefused(ValueError):
    """The alert is closed, or what is said is not as it should be; the message says which."""


def action_of(
    alert: Alert, action: str, actor: str, source: str, now: datetime, said: Mapping[str, Any]
) -> AlertAction:
    """The event: acknowledged, snoozed, dismissed or resolved, by `actor` in the system `source`, or ActionRefused."""
    if alert.state in CLOSED:
        raise ActionRefused(f"Alert {alert.alert_id} is {alert.state} already, and only an open one can be acted on.")
    # Several people act on one alert: what orders them is the clock, and never less than what is known.
    seq = max(int(now.timestamp() * 1000), alert.life.seq + 1 if alert.life is not None else 0)
    event = {
        "type": f"alert.{action}",
        "event_id": f"{source}:{alert.alert_id}:{seq}",
        "customer_id": alert.customer_id,
        "source": source,
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
        detail = invalid.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        said_of = message if not where else f"{where}: {message}"
        raise ActionRefused(f"Alert {alert.alert_id} can't be {action}: {said_of}.") from None

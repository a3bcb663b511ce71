"""`/v1/alerts`: what a person does with an alert becomes an event; a worker folds it a moment later."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from connectors.serving.access.person import Person
from connectors.serving.actions import CLOSED, ActionRefused, action_of
from connectors.serving.api.answers import PROBLEMS, Entity, answer, problems
from connectors.serving.api.calls import Asked
from connectors.serving.api.customers import seen
from connectors.serving.api.problems import Problem
from schemas.actions import AlertAction
from schemas.alerts import Alert
from schemas.audit import Look, LookOutcome
from schemas.base import CustomerId
from schemas.views import alert_section

__all__ = ["router"]

_SOURCE: Final = "c360-api"
_EVENTS: Final = {
    "acknowledge": "acknowledged",
    "snooze": "snoozed",
    "dismiss": "dismissed",
    "resolve": "resolved",
}

router = APIRouter(prefix="/v1", tags=["alerts"], responses=PROBLEMS)


class AlertActionRequest(BaseModel):
    """What is done with an alert."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"customer_id": "B00000001", "action": "dismiss", "reason": "Already renewed"}]
        },
    )

    customer_id: CustomerId
    """Whose alert it is; the alert itself says so."""
    action: Literal["acknowledge", "snooze", "dismiss", "resolve"]
    reason: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Needed to dismiss."""
    until: datetime | None = None
    """Needed to snooze: with its offset, such as 2026-11-24T08:00:00Z."""


class AcceptedAnswer(Entity):
    """The event stands in Kafka; the alert's next revision comes as a change of the view."""

    event_id: str


@router.post("/alerts/{alert_id}/actions", status_code=202, response_model=AcceptedAnswer, responses=problems(409, 413))
async def act(call: Asked, alert_id: UUID, asked: AlertActionRequest) -> Response:
    """Acknowledge, snooze, dismiss or resolve an alert of a customer whom you may see."""
    view = await seen(call, asked.customer_id, Look.ACT)
    section = view.sections.get(alert_section(str(alert_id)))
    if section is None:
        await call.audit(Look.ACT, LookOutcome.UNKNOWN, "alert", [asked.customer_id])
        raise Problem(
            404,
            "unknown-alert",
            "No such alert",
            "This customer's view has no such alert.",
            "It may have left the view: look at the customer again.",
        )
    event = _event(Alert.model_validate_json(section), _actor(call.door.person), asked, call.parts.now())
    await call.audit(Look.ACT, LookOutcome.SHOWN, "alert", [asked.customer_id], ["alerts"])
    await call.parts.send_action(event)
    accepted = answer({"event_id": b'"%s"' % event.event_id.encode()}, call)
    accepted.status_code = 202
    return accepted


def _actor(person: Person) -> str:
    """The manager's number, else what the issuer calls him, in the letters that an event may have."""
    named = person.manager or re.sub(r"[^A-Za-z0-9._:/#-]", "-", person.subject)[:64]
    return named if named[:1].isalnum() else f"x{named[:63]}"


def _event(alert: Alert, actor: str, asked: AlertActionRequest, now: datetime) -> AlertAction:
    # What is said has the name that the event of its kind has for it.
    remark = "reason" if asked.action in {"dismiss", "resolve"} else "note"
    said = {remark: asked.reason, "until": asked.until}
    try:
        return action_of(alert, _EVENTS[asked.action], actor, _SOURCE, now, said)
    except ActionRefused as refused:
        closed = alert.state in CLOSED
        raise Problem(
            409 if closed else 422,
            "alert-closed" if closed else "invalid-request",
            "The alert is closed" if closed else "The request is not as it should be",
            str(refused),
            "Look at the customer again."
            if closed
            else "Correct the request: dismissing needs `reason`, snoozing `until`.",
        ) from None

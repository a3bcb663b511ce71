"""Events of what people do with alerts: topic `alert-actions`, one entity per alert."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from schemas.base import EntityId, Instant, Text
from schemas.header import Header

__all__ = ["AlertAcknowledged", "AlertAction", "AlertDismissed", "AlertResolved", "AlertSnoozed"]

Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class _ActionHeader(Header):
    alert_id: UUID
    actor: EntityId
    """Who acts: a manager, or whoever stands in for him."""


class AlertAcknowledged(_ActionHeader):
    """Somebody has taken the alert on: it is not escalated any more."""

    type: Literal["alert.acknowledged"]
    note: Text | None = None


class AlertSnoozed(_ActionHeader):
    """Not now: the alert comes back at `until`."""

    type: Literal["alert.snoozed"]
    until: Instant
    note: Text | None = None

    @model_validator(mode="after")
    def _is_woken_later(self) -> "AlertSnoozed":
        if self.until <= self.occurred_at:
            raise ValueError("until: should be later than occurred_at")
        return self


class AlertDismissed(_ActionHeader):
    """The alert leads to nothing, and why."""

    type: Literal["alert.dismissed"]
    reason: Reason


class AlertResolved(_ActionHeader):
    """What the alert asked for is done."""

    type: Literal["alert.resolved"]
    reason: Reason | None = None


AlertAction = AlertAcknowledged | AlertSnoozed | AlertDismissed | AlertResolved

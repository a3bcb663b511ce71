"""What became of alerts on their way to people and systems: topic `deliveries`."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.alerts import EXTENSIBLE, Severity
from schemas.base import Contract, CustomerId, Instant

__all__ = ["DeliveredAlert", "Delivery", "DeliveryOutcome"]


class DeliveryOutcome(StrEnum):
    """What became of a delivery."""

    DELIVERED = "delivered"
    HELD = "held"
    """Kept back from people by the contact budget, the cool-down or its age; the alert stands on its topic."""
    FAILED = "failed"
    """Given up; `error` says why, `alerts` where each stands, to be delivered again."""


class DeliveredAlert(Contract):
    """An alert record that was delivered, and where it stands."""

    alert_id: UUID
    revision: Annotated[int, Field(ge=1)]
    kind: str
    topic: str
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]


class Delivery(Contract):
    """One delivery through one channel: alerts of one cause to one addressee go out as one."""

    key: str
    """Idempotency key: the same alert records to the same addressee have the same."""
    channel: str
    outcome: Annotated[DeliveryOutcome, Field(json_schema_extra=EXTENSIBLE)]
    customer_id: CustomerId
    to: str
    severity: Severity
    alerts: list[DeliveredAlert]
    attempts: Annotated[int, Field(ge=0)]
    error: str | None
    """Why it failed or was held back, for a person."""
    at: Instant

"""The alerts: topics `alerts.*`, and the sections `alert:<id>` of a view (same bytes in both places)."""

from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, JsonValue

from schemas.base import Contract, CustomerId, Day, Instant

__all__ = [
    "COMPLAINTS_DESK",
    "CUSTOMER_DESK",
    "Alert",
    "AlertChange",
    "AlertKind",
    "AlertLife",
    "AlertState",
    "Cause",
    "Proof",
    "Severity",
]

COMPLAINTS_DESK = "complaints-desk"
"""Addressee of a complaint of a customer whose name or host manager is not known yet."""

CUSTOMER_DESK = "customer-desk"
"""Addressee of any other alert of a customer whose host manager is not known yet."""


EXTENSIBLE: Final[dict[str, JsonValue]] = {"x-extensible": True}
"""Marks a list of values that will grow: who reads it passes over a value he does not know."""


class AlertKind(StrEnum):
    """What came true."""

    LARGE_BALANCE = "large_balance"
    LARGE_ENTRY = "large_entry"
    MATURITY = "maturity"
    COMPLAINT_REMINDER = "complaint_reminder"
    ACCEPTANCE_MATURITY = "acceptance_maturity"
    GUARANTEE_EXPIRY = "guarantee_expiry"
    LARGE_DRAWDOWN = "large_drawdown"
    LIMIT_NEARLY_DRAWN = "limit_nearly_drawn"
    DRAWN_OVER_LIMIT = "drawn_over_limit"
    INSTALMENT_MISSED = "instalment_missed"
    ARREARS = "arrears"
    FREEZE_PLACED = "freeze_placed"
    COLLATERAL_BELOW_COVER = "collateral_below_cover"
    LARGE_BALANCE_DOWN = "large_balance_down"
    FOREIGN_CURRENCY_BALANCE = "foreign_currency_balance"
    LARGE_NET_OUTFLOW = "large_net_outflow"
    BALANCE_DROP = "balance_drop"
    REPEAT_COMPLAINT = "repeat_complaint"
    VIP_COMPLAINT = "vip_complaint"
    ACKNOWLEDGEMENT_OVERDUE = "acknowledgement_overdue"
    RESOLUTION_OVERDUE = "resolution_overdue"
    TIER_CHANGED = "tier_changed"
    ADDRESS_MOVED = "address_moved"
    HOST_CHANGED = "host_changed"
    REPEATED_INTEREST = "repeated_interest"
    PRODUCT_GAP = "product_gap"
    WIN_BACK = "win_back"
    NO_CONTACT = "no_contact"
    BIRTHDAY = "birthday"
    DORMANCY = "dormancy"


class Severity(StrEnum):
    """How soon somebody should look."""

    NOTICE = "notice"
    WARNING = "warning"
    URGENT = "urgent"


class AlertChange(StrEnum):
    """Why a record of an alert is published."""

    RAISED = "raised"
    ADDRESSED = "addressed"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    HANDED_OVER = "handed_over"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


class AlertState(StrEnum):
    """What has become of an alert; the last three are closed, the others open."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


class AlertLife(Contract):
    """What happened to an alert after it was raised, as far as its present state tells."""

    seq: Annotated[int, Field(ge=-1)]
    """source_seq of the newest action of a person; -1 before any."""
    by: str | None
    """Who did the newest change; null: c360."""
    at: Instant
    """When the newest change came true."""
    reason: str | None
    """What the person said to it."""
    until: Instant | None
    """While it is snoozed: when it is woken."""
    escalated: Annotated[int, Field(ge=0)]
    """How often it was escalated."""


class Cause(Contract):
    """The position of a record that made the alert true."""

    topic: str
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]


class Proof(Contract):
    """Why the alert is right: the rule in force, its thresholds, the causing records, and when it was judged."""

    rule_id: str
    rule_version: int
    thresholds: dict[str, Any]
    before: dict[str, Any] | None = None
    """The values judged, as they stood before the causing record; null where there was nothing to compare."""
    after: dict[str, Any] | None = None
    """The same values as they stood since."""
    causes: list[Cause]
    as_of: Instant


class Alert(Contract):
    """One alert, in the state after `change`; records of one alert differ by `revision` (1, 2, ...).

    `alert_id` is UUIDv5 of (rule id, customer and subject, cause): the same cause never raises a second one.
    """

    alert_id: UUID
    revision: Annotated[int, Field(ge=1)]
    change: Annotated[AlertChange, Field(json_schema_extra=EXTENSIBLE)]
    kind: Annotated[AlertKind, Field(json_schema_extra=EXTENSIBLE)]
    customer_id: CustomerId
    subject: str
    """`account:<id>`, `loan:<contract>/drawdown:<id>` or `complaint:<id>`."""
    raised_at: Instant
    """The instant the condition came true: the event's, or the due instant of a deadline."""
    severity: Severity
    state: Annotated[AlertState, Field(json_schema_extra=EXTENSIBLE)] = AlertState.RAISED
    to: str
    """The host manager, or a desk while none is known."""
    addressee: str = "host"
    """What `to` is for the customer: `host`, `co_host`, `branch`, or a department."""
    group_id: UUID | None = None
    """Shared by all alerts of one cause, so that they can be delivered as one."""
    due_on: Day | None = None
    """The day that falls, or fell, due, or from which a limit is counted; null of an alert that an event raised."""
    life: AlertLife | None = None
    """Null until something happens to it."""
    payload: dict[str, Any]
    proof: Proof

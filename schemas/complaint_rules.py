"""Rules on complaints, beside the reminder, and what their alerts tell."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from schemas.customers import CustomerTier
from schemas.rule_base import DayCount, RuleBase

__all__ = [
    "AcknowledgementOverduePayload",
    "AcknowledgementOverdueRule",
    "OverdueRule",
    "RepeatComplaintPayload",
    "RepeatComplaintRule",
    "ResolutionOverduePayload",
    "ResolutionOverdueRule",
    "VipComplaintPayload",
    "VipComplaintRule",
]


class RepeatComplaintRule(RuleBase):
    """Fires for a complaint that is at least the `count`-th of the customer in a category within `days` days of it."""

    kind: Literal["repeat_complaint"]
    same: Literal["product", "issue"] = "product"
    """What makes a category."""
    count: Annotated[int, Field(ge=2, le=100)] = 2
    days: Annotated[int, Field(ge=0, le=3660)] = 90


class RepeatComplaintPayload(TypedDict):
    """A customer complains of the same again."""

    complaint_id: str
    complaint_on: str
    category: str
    count: int
    """Complaints in the category within so many days, this one among them; what is withdrawn does not count."""
    days: int
    content: str


class VipComplaintRule(RuleBase):
    """Fires for each complaint received of a customer who is a VIP, or in one of the `tiers`."""

    kind: Literal["vip_complaint"]
    tiers: tuple[CustomerTier, ...] = ()


class VipComplaintPayload(TypedDict):
    """A customer complains who matters most."""

    complaint_id: str
    complaint_on: str
    product: str
    content: str
    customer_name: str | None
    tier: str | None
    vip: bool


class OverdueRule(RuleBase):
    """Fires once when the `within_days`-th day after a complaint was received is over, and something is still owed."""

    within_days: Annotated[int, Field(ge=1, le=366)]
    days: DayCount = "working"


class AcknowledgementOverdueRule(OverdueRule):
    """While nothing newer than its receipt says where it stands."""

    kind: Literal["acknowledgement_overdue"]


class AcknowledgementOverduePayload(TypedDict):
    """Nobody has taken up a complaint in time."""

    complaint_id: str
    complaint_on: str
    last_day_on: str
    """On which it should have been at the latest."""
    customer_name: str | None
    product: str
    content: str


class ResolutionOverdueRule(OverdueRule):
    """While it is neither resolved nor withdrawn."""

    kind: Literal["resolution_overdue"]


class ResolutionOverduePayload(TypedDict):
    """A complaint was not answered in time."""

    complaint_id: str
    complaint_on: str
    last_day_on: str
    """On which it should have been at the latest."""
    customer_name: str | None
    product: str
    content: str
    status: str

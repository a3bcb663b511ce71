"""Rules on complaints, beside the reminder, and what their alerts tell."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from schemas.customers import CustomerTier
from schemas.rule_base import RuleBase

__all__ = ["RepeatComplaintPayload", "RepeatComplaintRule", "VipComplaintPayload", "VipComplaintRule"]


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

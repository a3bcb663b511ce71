"""Events of complaints and enquiries: topic `complaint-events`, one entity per complaint."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Day, EntityId, Text
from schemas.header import Header

__all__ = [
    "ComplaintChannel",
    "ComplaintEvent",
    "ComplaintProgress",
    "ComplaintReceived",
    "ComplaintResolved",
    "ComplaintUpdated",
    "ComplaintWithdrawn",
]

Label = Annotated[str, Field(min_length=1, max_length=200)]


class ComplaintChannel(StrEnum):
    """The way a complaint came in."""

    MANAGER = "manager"
    CALL_CENTRE = "call_centre"
    E_BANK = "e_bank"
    BRANCH = "branch"
    WEB = "web"
    PHONE = "phone"
    POST = "post"
    FAX = "fax"
    EMAIL = "email"
    REFERRAL = "referral"
    OTHER = "other"


class ComplaintProgress(StrEnum):
    """Where an unfinished complaint stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"


class _ComplaintHeader(Header):
    complaint_id: EntityId


class ComplaintReceived(_ComplaintHeader):
    """A complaint is entered or imported."""

    type: Literal["complaint.received"]
    received_on: Day
    product: Label
    issue: Label
    content: Text
    channel: ComplaintChannel = ComplaintChannel.OTHER


class ComplaintUpdated(_ComplaintHeader):
    """Something about it is corrected or moved on; null means «not stated», which changes nothing."""

    type: Literal["complaint.updated"]
    product: Label | None = None
    issue: Label | None = None
    content: Text | None = None
    progress: ComplaintProgress | None = None


class ComplaintResolved(_ComplaintHeader):
    """It is answered for good."""

    type: Literal["complaint.resolved"]
    resolved_on: Day
    resolution: Text | None = None


class ComplaintWithdrawn(_ComplaintHeader):
    """The customer takes it back."""

    type: Literal["complaint.withdrawn"]
    withdrawn_on: Day


ComplaintEvent = ComplaintReceived | ComplaintUpdated | ComplaintResolved | ComplaintWithdrawn

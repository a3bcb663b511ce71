"""What an alert tells, by its kind: the `payload` of `schemas.alerts.Alert`."""

from typing import Final

from typing_extensions import TypedDict

from schemas.alerts import AlertKind

__all__ = [
    "PAYLOADS",
    "ComplaintReminderPayload",
    "DepositMaturityPayload",
    "DrawdownMaturityPayload",
    "LargeBalancePayload",
    "LargeEntryPayload",
]


class LargeBalancePayload(TypedDict):
    """A balance at or above the threshold."""

    account_id: str
    currency: str
    balance_minor: int
    threshold_minor: int


class LargeEntryPayload(TypedDict):
    """An entry whose absolute amount is at or above the threshold."""

    account_id: str
    currency: str
    amount_minor: int
    """Signed: a credit is positive."""
    balance_minor: int
    """As the entry states it."""
    booked_on: str
    threshold_minor: int


class DepositMaturityPayload(TypedDict):
    """A term deposit falls due."""

    maturity_on: str
    days_before: int
    currency: str | None
    account_id: str
    balance_minor: int | None


class DrawdownMaturityPayload(TypedDict):
    """A drawdown under a lending contract falls due."""

    maturity_on: str
    days_before: int
    currency: str | None
    contract_id: str
    drawdown_id: str
    amount_minor: int | None
    outstanding_minor: int


class ComplaintReminderPayload(TypedDict):
    """A complaint came in."""

    complaint_on: str
    content: str
    customer_id: str
    customer_name: str | None
    """Null while the customer is not known; a later revision fills it."""


PAYLOADS: Final[dict[AlertKind, object]] = {
    AlertKind.LARGE_BALANCE: LargeBalancePayload,
    AlertKind.LARGE_ENTRY: LargeEntryPayload,
    AlertKind.MATURITY: DepositMaturityPayload | DrawdownMaturityPayload,
    AlertKind.COMPLAINT_REMINDER: ComplaintReminderPayload,
}
"""Kind -> the type of its payload."""

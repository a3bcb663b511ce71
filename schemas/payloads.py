"""What an alert tells, by its kind: the `payload` of `schemas.alerts.Alert`."""

from typing import Final, NotRequired

from typing_extensions import TypedDict

from schemas.alerts import AlertKind
from schemas.balance_rules import (
    BalanceDropPayload,
    ForeignCurrencyBalancePayload,
    LargeBalanceDownPayload,
    LargeNetOutflowPayload,
)
from schemas.complaint_rules import (
    AcknowledgementOverduePayload,
    RepeatComplaintPayload,
    ResolutionOverduePayload,
    VipComplaintPayload,
)
from schemas.relationship_rules import (
    AddressMovedPayload,
    BirthdayPayload,
    DormancyPayload,
    HostChangedPayload,
    NoContactPayload,
    ProductGapPayload,
    RepeatedInterestPayload,
    TierChangedPayload,
    WinBackPayload,
)

__all__ = [
    "PAYLOADS",
    "AcceptanceMaturityPayload",
    "ArrearsPayload",
    "CollateralBelowCoverPayload",
    "ComplaintReminderPayload",
    "DepositMaturityPayload",
    "DrawdownMaturityPayload",
    "DrawnOverLimitPayload",
    "FreezePlacedPayload",
    "GuaranteeExpiryPayload",
    "InstalmentMissedPayload",
    "LargeBalancePayload",
    "LargeDrawdownPayload",
    "LargeEntryPayload",
    "LimitNearlyDrawnPayload",
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
    offers: NotRequired[list[str]]
    """What may be offered next; absent when the rule names nothing."""


class DrawdownMaturityPayload(TypedDict):
    """A drawdown under a lending contract falls due."""

    maturity_on: str
    days_before: int
    currency: str | None
    contract_id: str
    drawdown_id: str
    amount_minor: int | None
    outstanding_minor: int
    offers: NotRequired[list[str]]
    """What may be offered next; absent when the rule names nothing."""


class AcceptanceMaturityPayload(TypedDict):
    """The bank has to pay a bill."""

    maturity_on: str
    days_before: int
    currency: str | None
    contract_id: str
    bill_id: str
    payee: str | None
    amount_minor: int | None
    to_provide_minor: int
    """By the customer, until then."""
    offers: NotRequired[list[str]]
    """What may be offered next; absent when the rule names nothing."""


class GuaranteeExpiryPayload(TypedDict):
    """A guarantee ends."""

    expires_on: str
    days_before: int
    currency: str | None
    contract_id: str
    letter_number: str | None
    beneficiary: str | None
    amount_minor: int | None
    called_minor: int
    offers: NotRequired[list[str]]
    """What may be offered next; absent when the rule names nothing."""


class ComplaintReminderPayload(TypedDict):
    """A complaint came in."""

    complaint_on: str
    content: str
    customer_id: str
    customer_name: str | None
    """Null while the customer is not known; a later revision fills it."""


class LargeDrawdownPayload(TypedDict):
    """A drawdown at or above the threshold."""

    contract_id: str
    drawdown_id: str
    currency: str
    amount_minor: int
    drawn_on: str
    maturity_on: str
    threshold_minor: int


class LimitNearlyDrawnPayload(TypedDict):
    """Most of a contract's limit is outstanding."""

    contract_id: str
    currency: str
    outstanding_minor: int
    limit_minor: int
    percent: int
    """Outstanding in percent of the limit, rounded down."""


class DrawnOverLimitPayload(TypedDict):
    """More than a contract's limit is outstanding."""

    contract_id: str
    currency: str
    outstanding_minor: int
    limit_minor: int
    over_minor: int


class InstalmentMissedPayload(TypedDict):
    """An instalment was not paid."""

    contract_id: str
    drawdown_id: str
    currency: str
    due_on: str
    arrears_minor: int
    """Of the drawdown, as the event states it."""
    missed: int
    """Instalments of the drawdown missed so far."""


class ArrearsPayload(TypedDict):
    """A contract's arrears reached the threshold."""

    contract_id: str
    currency: str
    arrears_minor: int
    outstanding_minor: int
    threshold_minor: int


class FreezePlacedPayload(TypedDict):
    """An amount was frozen on an account."""

    account_id: str
    freeze_id: str
    currency: str
    amount_minor: int
    frozen_minor: int
    """All that is frozen on the account."""
    reason: str | None


class CollateralBelowCoverPayload(TypedDict):
    """What is pledged for a contract is worth too little."""

    contract_id: str
    currency: str
    value_minor: int
    owed_minor: int
    """Under the contract: outstanding, still to be provided for bills, guaranteed."""
    cover_percent: int
    """What the pledges must be worth, in percent of what is owed."""


PAYLOADS: Final[dict[AlertKind, object]] = {
    AlertKind.LARGE_BALANCE: LargeBalancePayload,
    AlertKind.LARGE_ENTRY: LargeEntryPayload,
    AlertKind.MATURITY: DepositMaturityPayload | DrawdownMaturityPayload,
    AlertKind.COMPLAINT_REMINDER: ComplaintReminderPayload,
    AlertKind.ACCEPTANCE_MATURITY: AcceptanceMaturityPayload,
    AlertKind.GUARANTEE_EXPIRY: GuaranteeExpiryPayload,
    AlertKind.LARGE_DRAWDOWN: LargeDrawdownPayload,
    AlertKind.LIMIT_NEARLY_DRAWN: LimitNearlyDrawnPayload,
    AlertKind.DRAWN_OVER_LIMIT: DrawnOverLimitPayload,
    AlertKind.INSTALMENT_MISSED: InstalmentMissedPayload,
    AlertKind.ARREARS: ArrearsPayload,
    AlertKind.FREEZE_PLACED: FreezePlacedPayload,
    AlertKind.COLLATERAL_BELOW_COVER: CollateralBelowCoverPayload,
    AlertKind.LARGE_BALANCE_DOWN: LargeBalanceDownPayload,
    AlertKind.FOREIGN_CURRENCY_BALANCE: ForeignCurrencyBalancePayload,
    AlertKind.LARGE_NET_OUTFLOW: LargeNetOutflowPayload,
    AlertKind.BALANCE_DROP: BalanceDropPayload,
    AlertKind.REPEAT_COMPLAINT: RepeatComplaintPayload,
    AlertKind.VIP_COMPLAINT: VipComplaintPayload,
    AlertKind.ACKNOWLEDGEMENT_OVERDUE: AcknowledgementOverduePayload,
    AlertKind.RESOLUTION_OVERDUE: ResolutionOverduePayload,
    AlertKind.TIER_CHANGED: TierChangedPayload,
    AlertKind.ADDRESS_MOVED: AddressMovedPayload,
    AlertKind.HOST_CHANGED: HostChangedPayload,
    AlertKind.REPEATED_INTEREST: RepeatedInterestPayload,
    AlertKind.PRODUCT_GAP: ProductGapPayload,
    AlertKind.WIN_BACK: WinBackPayload,
    AlertKind.NO_CONTACT: NoContactPayload,
    AlertKind.BIRTHDAY: BirthdayPayload,
    AlertKind.DORMANCY: DormancyPayload,
}
"""Kind -> the type of its payload."""

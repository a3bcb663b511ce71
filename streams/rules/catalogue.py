"""Which class compiles a rule of which kind."""

from typing import Any, Final

from schemas.balance_rules import (
    BalanceDropRule,
    ForeignCurrencyBalanceRule,
    LargeBalanceDownRule,
    LargeNetOutflowRule,
)
from schemas.complaint_rules import (
    AcknowledgementOverdueRule,
    RepeatComplaintRule,
    ResolutionOverdueRule,
    VipComplaintRule,
)
from schemas.relationship_rules import (
    AddressMovedRule,
    DormancyRule,
    HostChangedRule,
    NoContactRule,
    ProductGapRule,
    RepeatedInterestRule,
    TierChangedRule,
    WinBackRule,
)
from schemas.rules import (
    AcceptanceMaturityRule,
    ArrearsRule,
    BirthdayRule,
    CollateralBelowCoverRule,
    ComplaintReminderRule,
    DrawnOverLimitRule,
    FreezePlacedRule,
    GuaranteeExpiryRule,
    InstalmentMissedRule,
    LargeBalanceRule,
    LargeDrawdownRule,
    LargeEntryRule,
    LimitNearlyDrawnRule,
    MaturityRule,
    RuleBase,
)
from streams.rules.acceptance_maturity import AcceptanceMaturity
from streams.rules.acknowledgement_overdue import AcknowledgementOverdue
from streams.rules.address_moved import AddressMoved
from streams.rules.arrears import Arrears
from streams.rules.balance_drop import BalanceDrop
from streams.rules.birthday import Birthday
from streams.rules.collateral_below_cover import CollateralBelowCover
from streams.rules.complaint_reminder import ComplaintReminder
from streams.rules.dormancy import Dormancy
from streams.rules.drawn_over_limit import DrawnOverLimit
from streams.rules.foreign_currency_balance import ForeignCurrencyBalance
from streams.rules.freeze_placed import FreezePlaced
from streams.rules.guarantee_expiry import GuaranteeExpiry
from streams.rules.host_changed import HostChanged
from streams.rules.instalment_missed import InstalmentMissed
from streams.rules.kind import Kind
from streams.rules.large_balance import LargeBalance
from streams.rules.large_balance_down import LargeBalanceDown
from streams.rules.large_drawdown import LargeDrawdown
from streams.rules.large_entry import LargeEntry
from streams.rules.large_net_outflow import LargeNetOutflow
from streams.rules.limit_nearly_drawn import LimitNearlyDrawn
from streams.rules.maturity import Maturity
from streams.rules.no_contact import NoContact
from streams.rules.product_gap import ProductGap
from streams.rules.repeat_complaint import RepeatComplaint
from streams.rules.repeated_interest import RepeatedInterest
from streams.rules.resolution_overdue import ResolutionOverdue
from streams.rules.tier_changed import TierChanged
from streams.rules.vip_complaint import VipComplaint
from streams.rules.win_back import WinBack

__all__ = ["KINDS"]

KINDS: Final[dict[type[RuleBase], type[Kind[Any]]]] = {
    LargeBalanceRule: LargeBalance,
    LargeEntryRule: LargeEntry,
    MaturityRule: Maturity,
    ComplaintReminderRule: ComplaintReminder,
    AcceptanceMaturityRule: AcceptanceMaturity,
    GuaranteeExpiryRule: GuaranteeExpiry,
    LargeDrawdownRule: LargeDrawdown,
    LimitNearlyDrawnRule: LimitNearlyDrawn,
    DrawnOverLimitRule: DrawnOverLimit,
    InstalmentMissedRule: InstalmentMissed,
    ArrearsRule: Arrears,
    FreezePlacedRule: FreezePlaced,
    CollateralBelowCoverRule: CollateralBelowCover,
    LargeBalanceDownRule: LargeBalanceDown,
    ForeignCurrencyBalanceRule: ForeignCurrencyBalance,
    LargeNetOutflowRule: LargeNetOutflow,
    BalanceDropRule: BalanceDrop,
    RepeatComplaintRule: RepeatComplaint,
    VipComplaintRule: VipComplaint,
    AcknowledgementOverdueRule: AcknowledgementOverdue,
    ResolutionOverdueRule: ResolutionOverdue,
    TierChangedRule: TierChanged,
    AddressMovedRule: AddressMoved,
    HostChangedRule: HostChanged,
    RepeatedInterestRule: RepeatedInterest,
    ProductGapRule: ProductGap,
    WinBackRule: WinBack,
    NoContactRule: NoContact,
    BirthdayRule: Birthday,
    DormancyRule: Dormancy,
}

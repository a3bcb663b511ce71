"""Alert rules as data: the YAML rule file, one entry a rule."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.balance_rules import BalanceDropRule, ForeignCurrencyBalanceRule, LargeBalanceDownRule, LargeNetOutflowRule
from schemas.base import Contract, Instant
from schemas.complaint_rules import (
    AcknowledgementOverdueRule,
    OverdueRule,
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
from schemas.rule_base import DayCount, MajorAmount, RuleBase, RuleScope, Wait

__all__ = [
    "AcceptanceMaturityRule",
    "AcknowledgementOverdueRule",
    "AddressMovedRule",
    "AheadRule",
    "ArrearsRule",
    "BalanceDropRule",
    "BirthdayRule",
    "CollateralBelowCoverRule",
    "ComplaintReminderRule",
    "DormancyRule",
    "DrawnOverLimitRule",
    "ForeignCurrencyBalanceRule",
    "FreezePlacedRule",
    "GuaranteeExpiryRule",
    "HostChangedRule",
    "InstalmentMissedRule",
    "LargeBalanceDownRule",
    "LargeBalanceRule",
    "LargeDrawdownRule",
    "LargeEntryRule",
    "LargeNetOutflowRule",
    "LimitNearlyDrawnRule",
    "MajorAmount",
    "MaturityRule",
    "NoContactRule",
    "Offer",
    "OverdueRule",
    "ProductGapRule",
    "RepeatComplaintRule",
    "RepeatedInterestRule",
    "ResolutionOverdueRule",
    "Rule",
    "RuleBase",
    "RuleChange",
    "RuleFile",
    "RuleScope",
    "TierChangedRule",
    "VipComplaintRule",
    "Wait",
    "WinBackRule",
]

DaysBefore = Annotated[int, Field(ge=0, le=366)]


class LargeBalanceRule(RuleBase):
    """Fires at or above `threshold` while armed; arms again strictly below `rearm_percent` of it."""

    kind: Literal["large_balance"]
    threshold: MajorAmount
    rearm_percent: Annotated[int, Field(ge=1, le=100)] = 95


class LargeEntryRule(RuleBase):
    """Fires when the absolute amount of an entry in `direction` is at or above `threshold`."""

    kind: Literal["large_entry"]
    threshold: MajorAmount
    direction: Literal["credit", "debit", "both"] = "both"


class Offer(BaseModel):
    """Something a person may offer the customer next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    unless_holds: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """A product of the section `holdings`: who holds it is not offered this."""


class AheadRule(RuleBase):
    """Fires once when the clock's day reaches `days_before` days before a day ahead: of several, once with each."""

    days_before: DaysBefore | Annotated[tuple[DaysBefore, ...], Field(min_length=1, max_length=10)]
    days: DayCount = "calendar"

    offers: Annotated[tuple[Offer, ...], Field(max_length=10)] = ()
    """What may be offered then; stands in the alert."""

    @model_validator(mode="after")
    def _days_stand_once(self) -> "AheadRule":
        if isinstance(self.days_before, tuple) and len(set(self.days_before)) < len(self.days_before):
            raise ValueError("days_before: each number of days may stand once")
        return self


class MaturityRule(AheadRule):
    """Before the maturity of a term deposit, or of a drawdown."""

    kind: Literal["maturity"]


class AcceptanceMaturityRule(AheadRule):
    """Before the maturity of an accepted bill."""

    kind: Literal["acceptance_maturity"]


class GuaranteeExpiryRule(AheadRule):
    """Before a guarantee expires."""

    kind: Literal["guarantee_expiry"]


class BirthdayRule(AheadRule):
    """Before the day on which a person was born, or an organisation founded, each year.

    Who was born on 29 February is told of on 28 February in other years.
    """

    kind: Literal["birthday"]


class ComplaintReminderRule(RuleBase):
    """Fires for each complaint received."""

    kind: Literal["complaint_reminder"]


class LargeDrawdownRule(RuleBase):
    """Fires once for each drawdown whose amount is at or above `threshold`."""

    kind: Literal["large_drawdown"]
    threshold: MajorAmount


class LimitNearlyDrawnRule(RuleBase):
    """Fires when `percent` of a contract's limit is outstanding; arms again strictly below `rearm_percent` of it.

    Never for a limit that one drawdown takes whole: that is a loan paid out, not a facility used up.
    """

    kind: Literal["limit_nearly_drawn"]
    percent: Annotated[int, Field(ge=1, le=100)] = 90
    rearm_percent: Annotated[int, Field(ge=1, le=100)] = 80

    @model_validator(mode="after")
    def _arms_below(self) -> "LimitNearlyDrawnRule":
        if self.rearm_percent > self.percent:
            raise ValueError(
                f"rearm_percent: should be at most percent, {self.percent}, or it would fire again at once"
            )
        return self


class DrawnOverLimitRule(RuleBase):
    """Fires when more than the limit and `tolerance_percent` of it is outstanding; arms again when it is not."""

    kind: Literal["drawn_over_limit"]
    tolerance_percent: Annotated[int, Field(ge=0, le=100)] = 0


class InstalmentMissedRule(RuleBase):
    """Fires for each instalment missed, from the `from_missed`-th of a drawdown on."""

    kind: Literal["instalment_missed"]
    from_missed: Annotated[int, Field(ge=1, le=100)] = 1


class ArrearsRule(RuleBase):
    """Fires when a contract's arrears reach `threshold`; arms again strictly below `rearm_percent` of it."""

    kind: Literal["arrears"]
    threshold: MajorAmount
    rearm_percent: Annotated[int, Field(ge=1, le=100)] = 100


class FreezePlacedRule(RuleBase):
    """Fires when an amount of at least `threshold` (none given: any) is frozen on an account."""

    kind: Literal["freeze_placed"]
    threshold: MajorAmount | None = None


class CollateralBelowCoverRule(RuleBase):
    """Fires when what is pledged for a contract is worth less than `percent` of the cover that the pledges require."""

    kind: Literal["collateral_below_cover"]
    percent: Annotated[int, Field(ge=1, le=1000)] = 100


Rule = Annotated[
    LargeBalanceRule
    | LargeEntryRule
    | MaturityRule
    | ComplaintReminderRule
    | LargeDrawdownRule
    | LimitNearlyDrawnRule
    | DrawnOverLimitRule
    | InstalmentMissedRule
    | ArrearsRule
    | FreezePlacedRule
    | CollateralBelowCoverRule
    | LargeBalanceDownRule
    | ForeignCurrencyBalanceRule
    | LargeNetOutflowRule
    | BalanceDropRule
    | AcceptanceMaturityRule
    | GuaranteeExpiryRule
    | RepeatComplaintRule
    | VipComplaintRule
    | AcknowledgementOverdueRule
    | ResolutionOverdueRule
    | TierChangedRule
    | AddressMovedRule
    | HostChangedRule
    | RepeatedInterestRule
    | ProductGapRule
    | WinBackRule
    | NoContactRule
    | BirthdayRule
    | DormancyRule,
    Field(discriminator="kind"),
]


class RuleFile(BaseModel):
    """All rules in force: any number of a kind, ids unique."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: list[Rule]

    @model_validator(mode="after")
    def _ids_stand_once(self) -> "RuleFile":
        ids = [rule.id for rule in self.rules]
        doubled = sorted({name for name in ids if ids.count(name) > 1})
        if doubled:
            raise ValueError(f"two rules share the id {doubled[0]!r}: each id may stand once")
        return self


class RuleChange(Contract):
    """A value of topic `alert-rules`: a rule as it is from then on, and who put it there, when and why."""

    rule: Rule
    changed_by: Annotated[str, Field(min_length=1, max_length=200)]
    changed_at: Instant
    reason: Annotated[str, Field(max_length=1000)]

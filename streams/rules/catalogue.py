"""Which class compiles a rule of which kind."""

from typing import Any, Final

from schemas.rules import ComplaintReminderRule, LargeBalanceRule, LargeEntryRule, MaturityRule, RuleBase
from streams.rules.complaint_reminder import ComplaintReminder
from streams.rules.kind import Kind
from streams.rules.large_balance import LargeBalance
from streams.rules.large_entry import LargeEntry
from streams.rules.maturity import Maturity

__all__ = ["KINDS"]

KINDS: Final[dict[type[RuleBase], type[Kind[Any]]]] = {
    LargeBalanceRule: LargeBalance,
    LargeEntryRule: LargeEntry,
    MaturityRule: Maturity,
    ComplaintReminderRule: ComplaintReminder,
}

"""Rule `foreign_currency_balance`: a customer holds much of a currency that is not the bank's own."""

from typing import Any

from schemas.balance_rules import ForeignCurrencyBalanceRule
from streams.rules.balances import BalanceReached, Levels
from streams.rules.calendar import BankCalendar

__all__ = ["ForeignCurrencyBalance"]


class ForeignCurrencyBalance(BalanceReached[ForeignCurrencyBalanceRule]):
    """It has no level in the bank's own currency."""

    cause_field = "reached_by"

    def __init__(self, rule: ForeignCurrencyBalanceRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        levels = Levels.of(rule.threshold, rule.rearm_percent)
        del levels.threshold[rule.home_currency]
        self._judge_by(levels)

    @property
    def rearm_percent(self) -> int:
        """As the rule states it."""
        return self.rule.rearm_percent

    def told(self, threshold_minor: int) -> dict[str, Any]:
        """And which currency is the bank's own."""
        return {"threshold_minor": threshold_minor, "home_currency": self.rule.home_currency}

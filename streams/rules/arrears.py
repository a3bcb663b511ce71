"""Rule `arrears`: what a contract's instalments lag behind reaches a threshold."""

from typing import Any

from schemas.rules import ArrearsRule
from streams.rules.amounts import in_all_currencies
from streams.rules.calendar import BankCalendar
from streams.rules.contract_level import ContractLevel
from streams.view import Section

__all__ = ["Arrears"]


class Arrears(ContractLevel[ArrearsRule]):
    """The contract's arrears, levels worked out for every currency."""

    judged = ("arrears_minor", "outstanding_minor")

    def __init__(self, rule: ArrearsRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        # A threshold that rounds down to nothing would be reached by every contract.
        self._threshold = {code: max(1, minor) for code, minor in in_all_currencies(rule.threshold).items()}
        # Strictly below a percentage of the threshold, in whole minor units.
        self._rearm_below = {code: -(-minor * rule.rearm_percent // 100) for code, minor in self._threshold.items()}

    def is_reached(self, loan: Section) -> bool:
        """At the threshold."""
        arrears_minor = loan["arrears_minor"]
        return bool(arrears_minor) and arrears_minor >= self._threshold[loan["currency"]]

    def is_left(self, loan: Section) -> bool:
        """Clearly below the threshold."""
        return bool(loan["arrears_minor"] < self._rearm_below[loan["currency"]])

    def payload(self, loan: Section) -> dict[str, Any]:
        """The contract, and what is not paid."""
        names = ("contract_id", "currency", "arrears_minor", "outstanding_minor")
        return {**{name: loan[name] for name in names}, "threshold_minor": self._threshold[loan["currency"]]}

    def thresholds(self, loan: Section) -> dict[str, Any]:
        """In the contract's currency."""
        threshold_minor = self._threshold[loan["currency"]]
        return {"threshold_minor": threshold_minor, "rearm_percent": self.rule.rearm_percent}

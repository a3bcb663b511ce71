"""Rule `limit_nearly_drawn`: most of a facility's limit is outstanding."""

from typing import Any

from schemas.rules import LimitNearlyDrawnRule
from streams.rules.contract_level import ContractLevel
from streams.view import Section

__all__ = ["LimitNearlyDrawn"]


class LimitNearlyDrawn(ContractLevel[LimitNearlyDrawnRule]):
    """Outstanding against the limit, in percent of it."""

    judged = ("outstanding_minor", "contract_minor")

    def is_reached(self, loan: Section) -> bool:
        """At `percent` of the limit, unless one drawdown took it whole."""
        limit = loan["contract_minor"]
        if limit is None or loan["outstanding_minor"] * 100 < limit * self.rule.percent:
            return False
        drawdowns = loan["drawdowns"].values()
        return not (len(drawdowns) == 1 and all(drawdown["amount_minor"] == limit for drawdown in drawdowns))

    def is_left(self, loan: Section) -> bool:
        """Below `rearm_percent` of the limit."""
        return bool(loan["outstanding_minor"] * 100 < loan["contract_minor"] * self.rule.rearm_percent)

    def payload(self, loan: Section) -> dict[str, Any]:
        """The contract, and how much of it is used."""
        outstanding_minor, limit_minor = loan["outstanding_minor"], loan["contract_minor"]
        return {
            "contract_id": loan["contract_id"],
            "currency": loan["currency"],
            "outstanding_minor": outstanding_minor,
            "limit_minor": limit_minor,
            "percent": outstanding_minor * 100 // limit_minor,
        }

    def thresholds(self, _loan: Section) -> dict[str, Any]:
        """Percentages of the limit."""
        return {"percent": self.rule.percent, "rearm_percent": self.rule.rearm_percent}

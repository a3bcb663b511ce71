"""Rule `drawn_over_limit`: more than a contract's limit is outstanding."""

from typing import Any

from schemas.rules import DrawnOverLimitRule
from streams.rules.contract_level import ContractLevel
from streams.view import Section

__all__ = ["DrawnOverLimit"]


class DrawnOverLimit(ContractLevel[DrawnOverLimitRule]):
    """Outstanding against the limit and the tolerance on it."""

    judged = ("outstanding_minor", "contract_minor")

    def is_reached(self, loan: Section) -> bool:
        """Above the limit and its tolerance."""
        limit = loan["contract_minor"]
        return limit is not None and loan["outstanding_minor"] * 100 > limit * (100 + self.rule.tolerance_percent)

    def is_left(self, loan: Section) -> bool:
        """Within the limit and its tolerance."""
        return not self.is_reached(loan)

    def payload(self, loan: Section) -> dict[str, Any]:
        """The contract, and by how much it is overdrawn."""
        return {
            "contract_id": loan["contract_id"],
            "currency": loan["currency"],
            "outstanding_minor": loan["outstanding_minor"],
            "limit_minor": loan["contract_minor"],
            "over_minor": loan["outstanding_minor"] - loan["contract_minor"],
        }

    def thresholds(self, loan: Section) -> dict[str, Any]:
        """The limit agreed and the tolerance on it."""
        return {"limit_minor": loan["contract_minor"], "tolerance_percent": self.rule.tolerance_percent}

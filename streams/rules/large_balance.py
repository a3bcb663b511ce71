"""Rule `large_balance`: a balance reaches the threshold; again only after it has been clearly below."""

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.rules import LargeBalanceRule
from schemas.views import account_section
from streams.rules.alerts import Finding
from streams.rules.amounts import in_all_currencies
from streams.view import Section

__all__ = ["LargeBalance"]


class LargeBalance:
    """The rule, its levels worked out for every currency."""

    def __init__(self, rule: LargeBalanceRule) -> None:
        self.rule = rule
        self._threshold = in_all_currencies(rule.threshold)
        # Strictly below a percentage of the threshold, in whole minor units.
        self._rearm_below = {code: -(-minor * rule.rearm_percent // 100) for code, minor in self._threshold.items()}

    def is_armed(self, account: Section) -> bool:
        """Whether the rule may fire next, now that a newer balance was stated; False where it was True: it fires."""
        currency = account["currency"]
        if account["armed"]:
            return bool(account["balance_minor"] < self._threshold[currency])
        return bool(account["balance_minor"] < self._rearm_below[currency])

    def finding(self, event: AccountEntryBooked | AccountBalanceReported, position: list[object]) -> Finding:
        """What is to be told of the balance that `event` states."""
        threshold_minor = self._threshold[event.currency]
        return Finding(
            rule=self.rule,
            subject=account_section(event.account_id),
            cause=f"{event.source}:{event.source_seq}",
            raised_at=event.occurred_at,
            payload={
                "account_id": event.account_id,
                "currency": event.currency,
                "balance_minor": event.balance_minor,
                "threshold_minor": threshold_minor,
            },
            thresholds={"threshold_minor": threshold_minor, "rearm_percent": self.rule.rearm_percent},
            position=position,
        )

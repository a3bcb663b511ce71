"""Rule `large_entry`: one entry moves at least the threshold, in or out."""

from schemas.accounts import AccountEntryBooked
from schemas.rules import LargeEntryRule
from schemas.views import account_section
from streams.rules.alerts import Finding
from streams.rules.amounts import in_all_currencies

__all__ = ["LargeEntry"]


class LargeEntry:
    """The rule, its threshold worked out for every currency."""

    def __init__(self, rule: LargeEntryRule) -> None:
        self.rule = rule
        self._threshold = in_all_currencies(rule.threshold)

    def concerns(self, event: AccountEntryBooked) -> bool:
        """Whether the entry is large."""
        return abs(event.amount_minor) >= self._threshold[event.currency]

    def finding(self, event: AccountEntryBooked, position: list[object]) -> Finding:
        """What is to be told of a large entry."""
        threshold_minor = self._threshold[event.currency]
        return Finding(
            rule=self.rule,
            subject=account_section(event.account_id),
            cause=f"{event.source}:{event.source_seq}",
            raised_at=event.occurred_at,
            payload={
                "account_id": event.account_id,
                "currency": event.currency,
                "amount_minor": event.amount_minor,
                "balance_minor": event.balance_minor,
                "booked_on": event.booked_on.isoformat(),
                "threshold_minor": threshold_minor,
            },
            thresholds={"threshold_minor": threshold_minor},
            position=position,
        )

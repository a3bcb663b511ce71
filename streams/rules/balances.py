"""What rules on the balance of an account share: the causing event, and the finding."""

from typing import Any

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.rule_base import RuleBase
from streams.change import Change
from streams.rules.kind import Finding

__all__ = ["STATING", "balance_finding", "cause_of"]

STATING = (AccountEntryBooked, AccountBalanceReported)
"""Events that state a balance."""


def cause_of(event: Any) -> str:
    """What tells an event of an account from all others of it."""
    return f"{event.source}:{event.source_seq}"


def balance_finding(rule: RuleBase, change: Change, told: dict[str, Any], thresholds: dict[str, Any]) -> Finding:
    """What came true of the balance that the event states; `told` is the payload beyond account, currency, balance."""
    event: AccountEntryBooked | AccountBalanceReported = change.event
    before = None if change.before is None else change.before["balance_minor"]
    return Finding(
        rule=rule,
        subject=change.section_name,
        cause=cause_of(event),
        raised_at=event.occurred_at,
        payload={
            "account_id": event.account_id,
            "currency": event.currency,
            "balance_minor": event.balance_minor,
            **told,
        },
        thresholds=thresholds,
        position=change.position,
        before={"balance_minor": before},
        after={"balance_minor": event.balance_minor},
    )

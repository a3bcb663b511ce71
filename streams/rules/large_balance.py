"""Rule `large_balance`: a balance reaches the threshold; again only after it has been clearly below."""

from typing import Any, Final

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.rules import LargeBalanceRule
from streams.change import Change
from streams.rules.amounts import in_all_currencies
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Concern, Finding, Kind, Resolution, Verdict, state_of, with_state
from streams.view import Section

__all__ = ["LargeBalance"]

_CAUSE: Final = "disarmed_by"
_DISARMED_EARLIER: Final[dict[str, Any]] = {_CAUSE: None}
"""By a release that kept nothing but `armed`: by which cause is not known."""


class LargeBalance(Kind[LargeBalanceRule]):
    """The rule, its levels worked out for every currency.

    It remembers of an account, while it is not armed, the cause of the alert that disarmed it.
    """

    watches = (AccountEntryBooked, AccountBalanceReported)

    def __init__(self, rule: LargeBalanceRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._threshold = in_all_currencies(rule.threshold)
        self.concerns = Concern(self._threshold, {})
        # Strictly below a percentage of the threshold, in whole minor units.
        self._rearm_below = {code: -(-minor * rule.rearm_percent // 100) for code, minor in self._threshold.items()}

    def judge(self, change: Change) -> Verdict | None:
        """Whether a newer balance crosses a level."""
        after = change.after
        balance_minor, currency = after["balance_minor"], after["currency"]
        disarmed = None if after["armed"] else self._disarmed(after)
        if disarmed is None:
            if balance_minor is None or balance_minor < self._threshold[currency]:
                return None
            return self._disarm(change)
        if balance_minor >= self._rearm_below[currency] or not change.states_newer("balance"):
            return None
        cause = disarmed[_CAUSE]
        resolved = () if cause is None else (Resolution(change.section_name, cause),)
        return Verdict(resolves=resolved, section=self._remembering(after, None))

    def _disarmed(self, account: Section) -> dict[str, Any] | None:
        """The rule's state where some rule of this kind is not armed."""
        own = state_of(account, self.rule.id)
        return own if own is not None or _is_remembered(account) else _DISARMED_EARLIER

    def _disarm(self, change: Change) -> Verdict | None:
        event, after = change.event, change.after
        if not change.states_newer("balance") or not self.covers(change.view, after):
            return None
        cause = f"{event.source}:{event.source_seq}"
        return Verdict(raises=self._finding(change, cause), section=self._remembering(after, {_CAUSE: cause}))

    def _remembering(self, account: Section, state: dict[str, Any] | None) -> Section:
        after = with_state(account, self.rule.id, state)
        after["armed"] = not _is_remembered(after)
        return after

    def _finding(self, change: Change, cause: str) -> Finding:
        event: AccountEntryBooked | AccountBalanceReported = change.event
        threshold_minor = self._threshold[event.currency]
        before = None if change.before is None else change.before["balance_minor"]
        return Finding(
            rule=self.rule,
            subject=change.section_name,
            cause=cause,
            raised_at=event.occurred_at,
            payload={
                "account_id": event.account_id,
                "currency": event.currency,
                "balance_minor": event.balance_minor,
                "threshold_minor": threshold_minor,
            },
            thresholds={"threshold_minor": threshold_minor, "rearm_percent": self.rule.rearm_percent},
            position=change.position,
            before={"balance_minor": before},
            after={"balance_minor": event.balance_minor},
        )


def _is_remembered(account: Section) -> bool:
    """Whether some rule of this kind says itself that it is not armed."""
    return any(_CAUSE in state for state in account.get("rules", {}).values())

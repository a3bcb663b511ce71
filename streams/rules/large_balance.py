"""Rule `large_balance`: a balance reaches the threshold; again only after it has been clearly below."""

from collections.abc import Collection
from typing import Any, Final

from schemas.rules import LargeBalanceRule
from streams.rules.balances import BalanceReached, Levels
from streams.rules.calendar import BankCalendar
from streams.rules.kind import ARMED, DISARMED_BY, state_of, with_state
from streams.view import Section

__all__ = ["LargeBalance"]

_DISARMED_EARLIER: Final[dict[str, Any]] = {DISARMED_BY: None}
"""By a release that kept nothing but `armed`: by which cause is not known."""


class LargeBalance(BalanceReached[LargeBalanceRule]):
    """The account says in `armed` whether all rules of this kind are."""

    cause_field = DISARMED_BY

    def __init__(self, rule: LargeBalanceRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._judge_by(Levels.of(rule.threshold, rule.rearm_percent))

    @property
    def rearm_percent(self) -> int:
        """As the rule states it."""
        return self.rule.rearm_percent

    def may_remember(self, remembering: Collection[str]) -> bool:
        """By `armed` beside its own state: of an earlier release's it is not known which rule it means."""
        return ARMED in remembering or super().may_remember(remembering)

    def disarmed(self, account: Section) -> dict[str, Any] | None:
        """The rule's state where some rule of this kind is not armed."""
        if account["armed"]:
            return None
        own = state_of(account, self.rule.id, DISARMED_BY)
        return own if own is not None or _is_remembered(account) else _DISARMED_EARLIER

    def remembering(self, account: Section, state: dict[str, Any] | None) -> Section:
        """And `armed` with it."""
        after = with_state(account, self.rule.id, state)
        after["armed"] = not _is_remembered(after)
        return after


def _is_remembered(account: Section) -> bool:
    """Whether some rule of this kind says itself that it is not armed."""
    return any(DISARMED_BY in state for state in account.get("rules", {}).values())

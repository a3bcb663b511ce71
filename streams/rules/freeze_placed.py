"""Rule `freeze_placed`: a court or the bank holds an amount on an account."""

from typing import Final

from schemas.accounts import AccountFrozen, AccountUnfrozen
from schemas.rules import FreezePlacedRule
from streams.change import Change
from streams.rules.amounts import in_all_currencies
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Finding, Kind, Resolution, Verdict, state_of, with_state

__all__ = ["FreezePlaced"]

_TOLD: Final = "told"
"""Freezes stand under a name of their own: what a bank calls a freeze must not read as another rule's state."""


class FreezePlaced(Kind[FreezePlacedRule]):
    """It remembers, by freeze, the cause of its alert while the freeze stands."""

    watches = (AccountFrozen, AccountUnfrozen)

    def __init__(self, rule: FreezePlacedRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._threshold = None if rule.threshold is None else in_all_currencies(rule.threshold)

    def judge(self, change: Change) -> Verdict | None:
        """Told once while a freeze stands, also when its amount changes; over when it is lifted."""
        event, after = change.event, change.after
        told = (state_of(after, self.rule.id) or {}).get(_TOLD, {})
        if isinstance(event, AccountUnfrozen):
            return self._lift(change, event, told)
        # What came late may state the account's currency and nothing else.
        is_told = event.freeze_id in told or after["freezes"][event.freeze_id]["seq"] != event.source_seq
        if is_told or event.amount_minor < self._least(event.currency) or not self.covers(change.view, after):
            return None
        cause = f"{event.source}:{event.source_seq}"
        section = with_state(after, self.rule.id, {_TOLD: {**told, event.freeze_id: cause}})
        return Verdict(raises=self._finding(change, event, cause), section=section)

    def _lift(self, change: Change, event: AccountUnfrozen, told: dict[str, str]) -> Verdict | None:
        cause = told.get(event.freeze_id)
        if cause is None:
            return None
        left = {held: of_freeze for held, of_freeze in told.items() if held != event.freeze_id}
        section = with_state(change.after, self.rule.id, {_TOLD: left} if left else None)
        return Verdict(resolves=(Resolution(change.section_name, cause),), section=section)

    def _least(self, currency: str) -> int:
        return 0 if self._threshold is None else self._threshold[currency]

    def _finding(self, change: Change, event: AccountFrozen, cause: str) -> Finding:
        frozen_minor = change.after["frozen_minor"]
        return Finding(
            rule=self.rule,
            subject=change.section_name,
            cause=cause,
            raised_at=event.occurred_at,
            payload={
                "account_id": event.account_id,
                "freeze_id": event.freeze_id,
                "currency": event.currency,
                "amount_minor": event.amount_minor,
                "frozen_minor": frozen_minor,
                "reason": event.reason,
            },
            thresholds={} if self._threshold is None else {"threshold_minor": self._threshold[event.currency]},
            position=change.position,
            before={"frozen_minor": 0 if change.before is None else change.before["frozen_minor"]},
            after={"frozen_minor": frozen_minor},
        )

"""What rules on the balance of an account share: the causing event, the levels, and the finding."""

from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.rule_base import RuleBase
from streams.change import Change
from streams.rules.amounts import in_all_currencies
from streams.rules.kind import Concern, Finding, Kind, Resolution, RuleT, Verdict, state_of, with_state
from streams.view import Section

__all__ = ["STATING", "BalanceReached", "Levels", "balance_finding", "cause_of"]

STATING = (AccountEntryBooked, AccountBalanceReported)
"""Events that state a balance."""


def cause_of(event: Any) -> str:
    """What tells an event of an account from all others of it."""
    return f"{event.source}:{event.source_seq}"


class Levels(NamedTuple):
    """A threshold, and the level at which a rule arms again, in the minor units of every currency."""

    threshold: dict[str, int]
    rearm: dict[str, int]
    """`percent` of the threshold, in whole minor units: at it or above, and strictly below it, are what they say."""

    @staticmethod
    def of(threshold: Decimal, percent: int) -> "Levels":
        """Those of an amount in major units."""
        minor = in_all_currencies(threshold)
        return Levels(minor, {code: -(-amount * percent // 100) for code, amount in minor.items()})


class BalanceReached(Kind[RuleT]):
    """Fires when a newer balance reaches the threshold, and again only after one strictly below the level to arm at.

    It remembers of an account, while it is not armed, the cause of the alert that disarmed it.
    """

    watches = STATING
    cause_field: ClassVar[str]
    """Under which the cause is remembered."""
    levels: Levels

    def _judge_by(self, levels: Levels) -> None:
        """Have it concern what may cross a level."""
        self.levels = levels
        self.concerns = Concern(levels.threshold, {})
        self.concerns_remembering = Concern(levels.threshold, {}, below=levels.rearm)

    def told(self, threshold_minor: int) -> dict[str, Any]:
        """The payload beyond account, currency and balance."""
        return {"threshold_minor": threshold_minor}

    def disarmed(self, account: Section) -> dict[str, Any] | None:
        """What the rule remembers while it is not armed; None: it is."""
        return state_of(account, self.rule.id, self.cause_field)

    def remembering(self, account: Section, state: dict[str, Any] | None) -> Section:
        """The account in which it remembers that; None: it is armed."""
        return with_state(account, self.rule.id, state)

    def judge(self, change: Change) -> Verdict | None:
        """Whether a newer balance crosses a level."""
        after = change.after
        balance_minor, currency = after["balance_minor"], after["currency"]
        state = self.disarmed(after)
        if state is None:
            threshold_minor = self.levels.threshold.get(currency)
            if threshold_minor is None or balance_minor < threshold_minor:
                return None
            return self._disarm(change, threshold_minor)
        if balance_minor >= self.levels.rearm[currency] or not change.states_newer("balance"):
            return None
        cause = state[self.cause_field]
        resolved = () if cause is None else (Resolution(change.section_name, cause),)
        return Verdict(resolves=resolved, section=self.remembering(after, None))

    def _disarm(self, change: Change, threshold_minor: int) -> Verdict | None:
        if not change.states_newer("balance") or not self.covers(change.view, change.after):
            return None
        told = self.told(threshold_minor)
        thresholds = {**told, "rearm_percent": self.rearm_percent}
        return Verdict(
            raises=balance_finding(self.rule, change, told, thresholds),
            section=self.remembering(change.after, {self.cause_field: cause_of(change.event)}),
        )

    @property
    def rearm_percent(self) -> int:
        """As the rule states it."""
        raise NotImplementedError


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

"""Rule `dormancy`: for so many days nothing was booked on any account of a customer."""

from typing import Final

from schemas.accounts import AccountEntryBooked, AccountOpened
from schemas.relationship_rules import DormancyRule
from schemas.views import PROFILE, account_section, alert_section
from streams.change import Change
from streams.folds.accounts import CLOSED
from streams.folds.falling_due import DORMANCY, Statement
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Concern, Due, Finding, Kind, Resolution, Verdict, state_of, with_state
from streams.rules.leads import Lead
from streams.view import Section

__all__ = ["Dormancy"]

_SINCE: Final = "silent_since"


class Dormancy(Kind[DormancyRule]):
    """It remembers, in each account of a customer who fell silent, since when: so an entry that wakes him is noticed.

    Entries of all others cost it nothing.
    """

    watches = (AccountEntryBooked, AccountOpened)
    deadline = DORMANCY.name
    concerns = Concern({}, {})

    def __init__(self, rule: DormancyRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self.leads = (Lead(rule.days),)

    def judge(self, change: Change) -> Verdict | None:
        """Whether an entry, or a new account, ends the silence that was told."""
        if isinstance(change.event, AccountOpened):
            return self._opened(change)
        account = change.after
        state, last = state_of(account, self.rule.id, _SINCE), account.get("last_entry_on")
        if state is None or last is None or last <= state[_SINCE]:
            return None
        return Verdict(
            resolves=(self._resolution(state[_SINCE]),),
            section=with_state(account, self.rule.id, None),
            states=(DORMANCY, Statement(PROFILE, last)),
        )

    def _opened(self, change: Change) -> Verdict | None:
        """The opening has stated from when on he is counted; what was told of the time before is over."""
        view = change.view
        if next(view.names(alert_section("")), None) is None:
            return None
        accounts = (view.get(name) for name in view.names(account_section("")))
        states = (state_of(account, self.rule.id, _SINCE) for account in accounts if account is not None)
        since = max((state[_SINCE] for state in states if state is not None), default=None)
        if since is None or change.after["opened_on"] <= since:
            return None
        return Verdict(resolves=(self._resolution(since),))

    def _resolution(self, since: str) -> Resolution:
        return Resolution(PROFILE, self.cause_of(since, self.leads[0]))

    def remembers(self, due: Due) -> dict[str, Section]:
        """Told or not, he is silent since that day."""
        state = {_SINCE: due.raw}
        return {name: with_state(account, self.rule.id, state) for name, account in _accounts(due)}

    def fall_due(self, due: Due) -> Finding | None:
        """Nothing was booked since."""
        if not self.covers(due.view, due.view.get(PROFILE) or {}):
            return None
        return Finding(
            rule=self.rule,
            subject=due.subject,
            cause=self.cause_of(due.raw, due.lead),
            raised_at=due.raised_at,
            payload={
                "silent_since": due.raw,
                "days": self.rule.days,
                "accounts": sum(account["status"] != CLOSED for _, account in _accounts(due)),
            },
            thresholds={"days": self.rule.days},
            position=due.position,
        )


def _accounts(due: Due) -> list[tuple[str, Section]]:
    held = ((name, due.view.get(name)) for name in due.view.names(account_section("")))
    return [(name, account) for name, account in held if account is not None]

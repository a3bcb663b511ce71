"""What every kind of rule is made of: what it watches, what it says, what it remembers, whom it covers."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeVar

from schemas.rules import RuleBase, RuleScope
from schemas.views import PROFILE
from streams.change import Change
from streams.folds.falling_due import DeadlineKind, Statement
from streams.rules.calendar import BankCalendar
from streams.rules.leads import Lead
from streams.view import Section, View

__all__ = [
    "ARMED",
    "DISARMED_BY",
    "Concern",
    "Due",
    "Finding",
    "Kind",
    "Party",
    "Resolution",
    "Verdict",
    "covers_party",
    "party_of",
    "state_of",
    "with_state",
]

Party = tuple[str | None, str | None, str | None]
"""Kind, tier and home branch of a customer, as far as they are known."""

RuleT = TypeVar("RuleT", bound=RuleBase)
_STATES: Final = "rules"


class Finding(NamedTuple):
    """A condition that came true: all that an alert says, but to whom."""

    rule: RuleBase
    subject: str
    """The entity it is about: `account:<id>`, `loan:<contract>/drawdown:<id>`, `complaint:<id>`, `profile`, ..."""
    cause: str
    """With rule, customer and subject, what makes two findings the same alert."""
    raised_at: datetime
    payload: dict[str, Any]
    thresholds: dict[str, Any]
    """Those in force."""
    position: list[Any]
    """[topic, partition, offset] of the record that made it true."""
    before: Mapping[str, Any] | None = None
    """The values judged, as they stood before that record; None where there was nothing."""
    after: Mapping[str, Any] | None = None
    """The same values as they stand since."""


class Resolution(NamedTuple):
    """The cause of an alert has gone away: the open alert of this rule, subject and cause is resolved."""

    subject: str
    cause: str | None
    """None: every open alert of this rule about this subject. All alerts of the customer are looked at for that, so a
    rule that comes here often remembers its causes instead."""


class Verdict(NamedTuple):
    """What a rule says of a change; whatever is left out does not happen."""

    raises: Finding | None = None
    resolves: tuple[Resolution, ...] = ()
    section: Section | None = None
    """The changed section with the rule's own state moved (`with_state`), and nothing else."""
    states: tuple[DeadlineKind, Statement] | None = None
    """What falls due from now on, of a kind whose events state it only where a rule remembers something."""


class Due(NamedTuple):
    """A deadline that a rule looks at now."""

    subject: str
    raw: str
    """ISO text of the day, or instant, that was stated."""
    lead: Lead
    """How long before it, or after it, this look is."""
    due_at: datetime
    """The instant of this look."""
    stated_at: datetime
    """When the event that stated it occurred."""
    position: list[Any]
    """Of that event's record."""
    view: View

    @property
    def raised_at(self) -> datetime:
        """Of an alert: not before the deadline was known."""
        return max(self.due_at, self.stated_at)


class Concern(NamedTuple):
    """Which entries and balances of an account concern a rule, by currency; what is not there concerns it never."""

    balances: Mapping[str, int]
    """From so much on, of the balance held after the event."""
    amounts: Mapping[str, int]
    """From so much on, of an entry, in or out; at least 1."""
    below: Mapping[str, int] = {}
    """Less than so much, of the balance held after the event."""


ARMED: Final = "(armed)"
"""Stands among the ids of rules that remember something of an account whose field `armed` says that one is not."""

DISARMED_BY: Final = "disarmed_by"
"""Under which a rule on a level remembers the cause of its alert. An account whose field `armed` is false has such a
state, or was disarmed by a release that kept no cause."""


class Kind(Generic[RuleT]):
    """A kind of rule, made once for each rule of that kind in force; pure.

    A subclass names the event types it watches and says in `judge` what follows from one. It is asked only about events
    of these types which changed their section: never about duplicates and what is superseded. Or, or also, it names a
    kind of deadline and its leads, and says in `fall_due` what follows when one is due.
    """

    watches: ClassVar[tuple[type, ...]] = ()
    """Types of events; a rule costs nothing for any other."""
    deadline: ClassVar[str | None] = None
    """Kind of deadline (`streams.folds.falling_due`)."""
    concerns: Concern | None = None
    """Of entries and reported balances those that the rule is asked about while it remembers nothing of their account:
    an entry that concerns no rule costs one comparison. None: all of them."""
    concerns_remembering: Concern | None = None
    """The same while it remembers something of the account: no less, as what stands under its id may be another's."""
    leads: tuple[Lead, ...] = ()
    """When the rule looks at such a deadline: once with each lead, in order from the earliest to the latest."""

    def __init__(self, rule: RuleT, calendar: BankCalendar) -> None:
        self.rule: RuleT = rule
        self.calendar = calendar
        scope = rule.scope
        self._is_limited = scope != RuleScope()
        self.is_limited_to_parties = any((scope.customer_kind, scope.tier, scope.branch))
        """Whether the rule is for some customers only."""

    def may_remember(self, remembering: Collection[str]) -> bool:
        """Whether it may remember something of an account of which these rules, by id, do: whatever its scope says."""
        return self.rule.id in remembering

    def judge(self, change: Change) -> Verdict | None:
        """What follows from a change of a watched type; None: nothing, as nearly always."""
        raise NotImplementedError

    def fall_due(self, due: Due) -> Finding | None:
        """What follows from a deadline, now that it is time to look at it with one of the leads."""
        raise NotImplementedError

    def remembers(self, due: Due) -> dict[str, Section]:  # noqa: ARG002 - for those who do
        """Section -> as it is once the rule remembers that it looked at a deadline; of most rules none."""
        return {}

    def cause_of(self, raw: str, lead: Lead) -> str:
        """The cause of the alert of a deadline: its day, and for every lead but the first which one."""
        return raw if lead == self.leads[0] else f"{raw}{lead.token}"

    def covers(self, view: View, section: Section) -> bool:
        """Whether the rule's scope holds for this customer and this section. Ask it last: it may decode the profile."""
        return not self._is_limited or _covers(self.rule.scope, view, section)


def _covers(scope: RuleScope, view: View, section: Section) -> bool:
    for allowed, field in ((scope.currency, "currency"), (scope.product, "product")):
        if allowed is not None and section.get(field) not in allowed:
            return False
    if scope.customer_kind is None and scope.tier is None and scope.branch is None:
        return True
    return covers_party(scope, party_of(view.get(PROFILE)))


def party_of(profile: Section | None) -> Party:
    """What of a customer a scope looks at."""
    return (None, None, None) if profile is None else (profile["kind"], profile.get("tier"), profile["home_branch"])


def covers_party(scope: RuleScope, party: Party) -> bool:
    """Whether a rule of that scope holds for such a customer."""
    of = (scope.customer_kind, scope.tier, scope.branch)
    return all(allowed is None or value in allowed for allowed, value in zip(of, party, strict=True))


def state_of(section: Section, rule_id: str, *fields: str) -> dict[str, Any] | None:
    """What the rule remembers of this section's entity, under some of these fields; None at the beginning.

    None too where it has none of them: a rule of another kind had the id before, and left that.
    """
    states = section.get(_STATES)
    state: dict[str, Any] | None = None if states is None else states.get(rule_id)
    if state is not None and fields and not any(field in state for field in fields):
        return None
    return state


def with_state(section: Section, rule_id: str, state: dict[str, Any] | None) -> Section:
    """The section in which the rule remembers `state`; None: as at the beginning, which takes no room.

    An account is armed again with the last state that says what disarmed it, whoever had the rule's id before.
    """
    after = section.copy()
    states = after.pop(_STATES, {}).copy()
    replaced = states.pop(rule_id, ())
    if state is not None:
        states[rule_id] = state
    if DISARMED_BY in replaced and "armed" in after and not any(DISARMED_BY in each for each in states.values()):
        after["armed"] = True
    if states:
        after[_STATES] = states
    return after

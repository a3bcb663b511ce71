"""Pure rules: one alert kind per module; `Rules` is all of them in force, compiled."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.rules import RuleFile, Wait
from streams.change import Change
from streams.folds.deadlines import parts_of, raw_of
from streams.folds.falling_due import DEADLINE_KINDS
from streams.reference import Organisation
from streams.rules.attention import Attention, Judge
from streams.rules.calendar import BankCalendar
from streams.rules.catalogue import KINDS
from streams.rules.kind import Kind
from streams.rules.leads import Lead, LeadUnit, end_of, fallen_at

__all__ = ["Rules"]

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_DUE_KEPT: Final = 10_000
"""Due instants worked out that are kept: many deadlines share a day."""


class Rules:
    """The rules in force, compiled: who watches what is looked up, so a rule costs nothing where it can't apply."""

    def __init__(
        self,
        rule_file: RuleFile,
        bank_timezone: str = "UTC",
        raise_after: datetime | None = None,
        organisation: Organisation | None = None,
        closed_alert_days: int | None = None,
    ) -> None:
        """`bank_timezone` is an IANA name; an alert of an instant before `raise_after` is not raised.

        A closed alert leaves the view after `closed_alert_days`; None: never.
        """
        self.rule_file = rule_file
        self.organisation = organisation or Organisation()
        self.calendar = BankCalendar(bank_timezone, self.organisation.working_days())
        self.raise_after = raise_after
        self.closed_alert_days = closed_alert_days
        kinds = [KINDS[type(rule)](rule, self.calendar) for rule in rule_file.rules if rule.enabled]
        self._attention = {
            event_type: Attention(event_type, kinds) for event_type in (AccountEntryBooked, AccountBalanceReported)
        }
        self._kinds = kinds
        self._judges_of: dict[tuple[type, str | None], Sequence[Judge]] = {}
        self._watching = _by_deadline(kinds)
        self.leads = {name: _leads(watching) for name, watching in self._watching.items()}
        """Kind of deadline -> all leads with which it is looked at, from the earliest to the latest."""
        self.leads.update(_leads_of_alerts(rule_file, closed_alert_days))
        self.of_what_comes_again = _of_what_comes_again(kinds)
        """Ids of the rules that tell only of what falls due while they are in force."""
        self._due: dict[tuple[str, str | None, str], datetime | None] = {}

    @cached_property
    def silent(self) -> "Rules":
        """The same, but that nothing is raised: levels are crossed and deadlines looked at all the same."""
        silent = copy(self)
        silent.raise_after = _NEVER
        return silent

    def asked(self, change: Change) -> Sequence[Judge]:
        """Who has to be asked about a change, in the order of the rules."""
        event_type = type(change.event)
        attention = self._attention.get(event_type)
        if attention is not None:
            return attention.asked(change)
        key = event_type, change.after.get("currency")
        judges = self._judges_of.get(key)
        return self._judges_for(key) if judges is None else judges

    def _judges_for(self, key: tuple[type, str | None]) -> Sequence[Judge]:
        """All that watch such events, less those that hold for other currencies only: a section's never changes."""
        event_type, currency = key
        watching = [
            (kind, kind.judge)
            for kind in self._kinds
            if event_type in kind.watches and (kind.rule.scope.currency is None or currency in kind.rule.scope.currency)
        ]
        self._judges_of[key] = watching
        return watching

    def watching(self, deadline: str) -> Sequence[Kind[Any]]:
        """The rules that look at a kind of deadline, in their order."""
        return self._watching.get(deadline, ())

    def next_lead(self, deadline: str, told: str | None) -> Lead | None:
        """With which lead some rule looks next at such a deadline, last looked at with `told`; None: with none."""
        leads = self.leads.get(deadline, ())
        if told is None:
            return leads[0] if leads else None
        last = Lead.of(told).place
        return next((lead for lead in leads if lead.place > last), None)

    def due_at(self, deadline: str, told: str | None, raw: str) -> datetime | None:
        """When such a deadline falls due next: of leads the earliest that has not been; None: never."""
        asked = (deadline, told, raw)
        if asked not in self._due:
            if len(self._due) >= _DUE_KEPT:
                self._due.clear()
            lead = self.next_lead(deadline, told)
            self._due[asked] = None if lead is None else fallen_at(raw, lead, self.calendar)
        return self._due[asked]

    def due_at_of(self, key: str, part: Mapping[str, Any]) -> datetime | None:
        """When a deadline of section `deadlines` falls due next; None: never."""
        return self.due_at(parts_of(key)[1], part.get("told"), raw_of(part))

    def end_of(self, on: str) -> datetime:
        """When a day (ISO text) is over, in the bank's time zone."""
        return end_of(on, self.calendar)

    def falls_due_as(self, other: "Rules") -> bool:
        """Whether every deadline falls due at the same instants under the other rules."""
        return self.leads == other.leads and self.calendar == other.calendar


def _by_deadline(kinds: Iterable[Kind[Any]]) -> dict[str, tuple[Kind[Any], ...]]:
    table: dict[str, tuple[Kind[Any], ...]] = {}
    for kind in kinds:
        if kind.deadline is not None:
            table[kind.deadline] = (*table.get(kind.deadline, ()), kind)
    return table


def _of_what_comes_again(kinds: Iterable[Kind[Any]]) -> frozenset[str]:
    return frozenset(
        kind.rule.id for kind in kinds if kind.deadline is not None and DEADLINE_KINDS[kind.deadline].comes_again
    )


def _leads_of_alerts(rule_file: RuleFile, closed_alert_days: int | None) -> dict[str, tuple[Lead, ...]]:
    """Of the deadlines that alerts themselves have."""
    leads: dict[str, tuple[Lead, ...]] = {"wake": (Lead(0, "hours"),)}
    if closed_alert_days is not None:
        leads["forget"] = (Lead(closed_alert_days),)
    for rule in rule_file.rules:
        if rule.enabled and rule.escalate_after is not None:
            wait = _lead_of(rule.escalate_after)
            leads[f"escalate:{rule.id}"] = (wait, wait._replace(length=2 * wait.length))
        if rule.enabled and rule.expire_after is not None:
            leads[f"expire:{rule.id}"] = (_lead_of(rule.expire_after),)
    return leads


def _lead_of(wait: Wait) -> Lead:
    lengths: dict[LeadUnit, int | None] = {
        "hours": wait.hours,
        "days": wait.days,
        "working_hours": wait.working_hours,
        "working_days": wait.working_days,
    }
    return next(Lead(length, unit) for unit, length in lengths.items() if length is not None)


def _leads(watching: Iterable[Kind[Any]]) -> tuple[Lead, ...]:
    return tuple(sorted({lead for kind in watching for lead in kind.leads}, key=lambda lead: lead.place))

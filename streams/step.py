"""The pure heart: one customer's view, what arrived for him and the time, to the changed view and its alerts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, get_args

from schemas.acceptances import AcceptanceEvent
from schemas.accounts import (
    AccountBalanceReported,
    AccountClosed,
    AccountEntryBooked,
    AccountEvent,
    AccountOpened,
    AccountTermsChanged,
)
from schemas.actions import AlertAction
from schemas.collateral import CollateralEvent
from schemas.complaints import ComplaintEvent
from schemas.customers import CustomerEvent
from schemas.guarantees import GuaranteeEvent
from schemas.interactions import InteractionEvent
from schemas.loans import LoanEvent
from schemas.views import (
    HOLDINGS,
    INTERACTIONS,
    PROFILE,
    TIMELINE,
    acceptance_section,
    account_section,
    collateral_section,
    complaint_section,
    guarantee_section,
    history_section,
    loan_section,
)
from streams import alerting
from streams.change import Arrival, Change
from streams.firing import fire, state_deadlines
from streams.folds import (
    acceptances,
    accounts,
    balance_history,
    collateral,
    complaints,
    customers,
    guarantees,
    holdings,
    interactions,
    loans,
    timeline,
)
from streams.folds.falling_due import STATED_BY
from streams.folds.refusals import Late, Refused
from streams.folds.summary import Tally
from streams.judging import judge
from streams.pending import UNKNOWN
from streams.rules import Rules
from streams.view import Section, View
from streams.working import Raised, Working

__all__ = ["FOLDED", "LATE", "REDELIVERED", "Arrival", "Outcome", "Raised", "Step", "step"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an arrival: `kind` is folded, late, refused or redelivered; `error` says why it was refused."""

    kind: str
    error: str | None = None


FOLDED = Outcome("folded")
LATE = Outcome("late", "older than the newest 32 additive events of its entity, which are all that can be recognised")
OVERLOOKED = Outcome(
    "late",
    "folded, but no alert raised: it would be so old that it may have been raised, closed and taken from the view",
)
REDELIVERED = Outcome("redelivered")

_EVER: Final[Mapping[str, datetime]] = {}


class Step(NamedTuple):
    """What a step did: `view.changed` holds the new sections, these are the rest."""

    alerts: list[Raised]
    outcomes: list[Outcome]
    """One per arrival, in order."""
    due_at: datetime | None
    """When the next deadline of the view falls due, by `rules`; None: never."""


def step(
    view: View,
    arrivals: Sequence[Arrival],
    rules: Rules,
    now: datetime,
    as_of: str,
    due_at: datetime | None = UNKNOWN,
    in_force: Mapping[str, datetime] = _EVER,
) -> Step:
    """Fold `arrivals` into `view` and fire its deadlines up to `now` (meaning: ARCHITECTURE.md).

    `now` is not before any arrival's `at`. Whenever any section changes, the summary does. `due_at` is what the view's
    last step told, if that was by the same rules; it saves looking at the deadlines. `in_force` is the clock at which
    rules on deadlines that come again came into force: what fell due before, such a rule passes over.
    """
    work = Working(view, rules, as_of, due_at, in_force)
    applied, pending = work.tally.applied, work.pending
    outcomes: list[Outcome] = []
    for arrival in arrivals:
        event, topic, topic_id, _, offset, at, _ = arrival
        if pending.due_at is not None and pending.due_at <= at:
            fire(work, at)
        known = applied.get(topic)
        if known is not None and offset <= known[1] and topic_id == known[0]:
            outcomes.append(REDELIVERED)
            continue
        applied[topic] = [topic_id, offset]
        work.applied_moved = True
        try:
            change = _FOLDS[type(event)](work, arrival, event)
        except Late:
            outcomes.append(LATE)
        except Refused as refusal:
            outcomes.append(Outcome("refused", str(refusal)))
        else:
            if change is not None:
                is_whole = type(event) not in STATED_BY or state_deadlines(work, change)
                is_whole = judge(work, change) and is_whole
                if not is_whole:
                    outcomes.append(OVERLOOKED)
                    continue
            outcomes.append(FOLDED)
    if pending.due_at is not None and pending.due_at <= now:
        fire(work, now)
    work.close()
    return Step(work.alerts, outcomes, pending.due_at)


Fold = Callable[[Working, Arrival, Any], Change | None]

# Each of these folds first and may be refused until it puts its section; what it did is judged after.


def _fold_account(work: Working, arrival: Arrival, event: AccountEvent) -> Change | None:
    name = account_section(event.account_id)
    before = work.view.get(name)
    after = accounts.fold(before, event, work.rules.calendar.day_of)
    if after is before:
        return None
    work.tally.account(before, after)
    work.put(name, after)
    if isinstance(event, AccountOpened | AccountTermsChanged | AccountClosed):
        _hold(work, holdings.account_product(before), holdings.account_product(after))
    return Change(arrival, name, before, after, work.view)


def _fold_balance(work: Working, arrival: Arrival, event: AccountEntryBooked | AccountBalanceReported) -> Change | None:
    name, day_of = account_section(event.account_id), work.rules.calendar.day_of
    before = work.view.get(name)
    after = accounts.fold(before, event, day_of)
    if after is not before:
        work.tally.account(before, after)
        work.put(name, after)
    closing = balance_history.closing(before, after, event, day_of)
    if closing is not None:
        _keep_closing(work, after, closing)
    return None if after is before else Change(arrival, name, before, after, work.view)


def _keep_closing(work: Working, account: Section, closing: balance_history.Closing) -> None:
    name = history_section(account["account_id"])
    before = work.view.get(name)
    after = balance_history.with_closing(before, account, closing)
    if after is not None and after is not before:
        work.put(name, after)


def _fold_interaction(work: Working, arrival: Arrival, event: InteractionEvent) -> Change | None:
    before = work.view.get(INTERACTIONS)
    after = interactions.fold(before, event)
    if after is before:
        return None
    work.put(INTERACTIONS, after)
    return Change(arrival, INTERACTIONS, before, after, work.view)


def _hold(work: Working, before: str | None, after: str | None) -> None:
    if before != after:
        work.put(HOLDINGS, holdings.exchanged(work.view.get(HOLDINGS), before, after))


def _of_contract(section: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda event: section(event.contract_id)


def _folding(
    named: Callable[[Any], str],
    fold: Callable[[Section | None, Any], Section],
    count: Callable[[Tally, Section | None, Section], None],
    product: str | None = None,
) -> Fold:
    """Into a section of the entity's own, counted in the summary and, if it is a product, in what is held."""

    def fold_counted(work: Working, arrival: Arrival, event: Any) -> Change | None:
        name = named(event)
        before = work.view.get(name)
        after = fold(before, event)
        if after is before:
            return None
        count(work.tally, before, after)
        work.put(name, after)
        if product is not None:
            _hold(work, holdings.contract_product(product, before), holdings.contract_product(product, after))
        return Change(arrival, name, before, after, work.view)

    return fold_counted


def _fold_customer(work: Working, arrival: Arrival, event: CustomerEvent) -> Change | None:
    before = work.view.get(PROFILE)
    after = customers.fold(before, event)
    if after is before:
        return None
    work.put(PROFILE, after)
    change = Change(arrival, PROFILE, before, after, work.view)
    alerting.readdress(work, change)
    return change


def _telling(fold: Fold) -> Fold:
    """`fold`, then an entry in the timeline, also for what is superseded: it has happened all the same."""

    def fold_and_tell(work: Working, arrival: Arrival, event: Any) -> Change | None:
        change = fold(work, arrival, event)
        before = work.view.get(TIMELINE)
        after = timeline.fold(before, event)
        if after is not before:
            work.put(TIMELINE, after)
        return change

    return fold_and_tell


_FAMILIES: Final[tuple[tuple[Any, Fold], ...]] = (
    (AccountEvent, _fold_account),
    (AccountEntryBooked | AccountBalanceReported, _fold_balance),
    (LoanEvent, _folding(_of_contract(loan_section), loans.fold, Tally.loan, holdings.LOAN)),
    (GuaranteeEvent, _folding(_of_contract(guarantee_section), guarantees.fold, Tally.guarantee, holdings.GUARANTEE)),
    (
        AcceptanceEvent,
        _folding(_of_contract(acceptance_section), acceptances.fold, Tally.acceptance, holdings.ACCEPTANCE),
    ),
    (CollateralEvent, _folding(_of_contract(collateral_section), collateral.fold, Tally.collateral)),
    (ComplaintEvent, _folding(lambda event: complaint_section(event.complaint_id), complaints.fold, Tally.complaint)),
    (InteractionEvent, _fold_interaction),
    (CustomerEvent, _fold_customer),
    (AlertAction, alerting.act),
)
"""Of two that hold an event the later counts."""
_FOLDS: Final[dict[type, Fold]] = {
    event: _telling(fold) if event in timeline.NOTABLE else fold
    for events, fold in _FAMILIES
    for event in get_args(events)
}

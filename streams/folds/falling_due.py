"""What falls due: the kinds of deadlines, and which events state them.

A deadline is a raw day or instant of a subject. It is a function of the events folded, whatever rules are in force:
which of them look at it, and how long before or after, is applied when it is scanned.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from schemas.accounts import AccountClosed, AccountOpened, AccountTermsChanged
from schemas.loans import LoanDrawnDown, LoanSettled
from streams.change import Change
from streams.folds import accounts, loans
from streams.view import View

__all__ = ["DEADLINE_KINDS", "MATURITY", "STATED_BY", "DeadlineKind", "Statement"]


class Statement(NamedTuple):
    """From now on `subject` falls due on `raw` (ISO text of a day, or of an instant in UTC); None: not any more."""

    subject: str
    raw: str | None


States = Callable[[Change], Iterable[Statement]]
Again = Callable[[str, str, View], str | None]


class DeadlineKind(NamedTuple):
    """A kind of deadline."""

    name: str
    stated_by: Mapping[type, States]
    """Event type -> what a change by such an event states."""
    is_ahead: bool = True
    """A day that was already past when it was stated is no deadline. False: it counts from a day that has been."""
    again: Again | None = None
    """(subject, raw day, view) -> the later raw day on which it falls due again, once all have looked at it."""


def _of_deposit(change: Change) -> Iterable[Statement]:
    before, after = change.before, change.after
    terms_before = None if before is None else before["order"].get("terms")
    if after["status"] == accounts.CLOSED:
        return [Statement(change.section_name, None)]
    if after["order"].get("terms") != terms_before:
        return [Statement(change.section_name, after["maturity_on"])]
    return ()


def _of_drawdown(change: Change) -> Iterable[Statement]:
    event = change.event
    drawdown = change.after["drawdowns"][event.drawdown_id]
    on = None if drawdown["status"] == loans.SETTLED else drawdown["maturity_on"]
    return [Statement(loans.drawdown_subject(event.contract_id, event.drawdown_id), on)]


MATURITY: Final = DeadlineKind(
    "maturity",
    {
        AccountOpened: _of_deposit,
        AccountTermsChanged: _of_deposit,
        AccountClosed: _of_deposit,
        LoanDrawnDown: _of_drawdown,
        LoanSettled: _of_drawdown,
    },
)

DEADLINE_KINDS: Final[dict[str, DeadlineKind]] = {kind.name: kind for kind in (MATURITY,)}


def _stated_by() -> dict[type, tuple[tuple[DeadlineKind, States], ...]]:
    table: dict[type, tuple[tuple[DeadlineKind, States], ...]] = {}
    for kind in DEADLINE_KINDS.values():
        for event_type, states in kind.stated_by.items():
            table[event_type] = (*table.get(event_type, ()), (kind, states))
    return table


STATED_BY: Final = _stated_by()
"""Event type -> what it may state."""

"""What falls due: the kinds of deadlines, and which events state them.

A deadline is a raw day or instant of a subject. It is a function of the events folded, whatever rules are in force:
which of them look at it, and how long before or after, is applied when it is scanned.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from schemas.acceptances import AcceptanceAccepted, AcceptanceSettled
from schemas.accounts import AccountClosed, AccountOpened, AccountTermsChanged
from schemas.complaints import ComplaintReceived, ComplaintResolved, ComplaintUpdated, ComplaintWithdrawn
from schemas.guarantees import GuaranteeAmended, GuaranteeIssued, GuaranteeReleased
from schemas.interactions import ContactMade
from schemas.loans import LoanDrawnDown, LoanSettled
from streams.change import Change
from streams.folds import acceptances, accounts, complaints, guarantees, loans
from streams.view import Section, View

__all__ = [
    "ACKNOWLEDGEMENT",
    "BILL_MATURITY",
    "CONTACT",
    "DEADLINE_KINDS",
    "GUARANTEE_EXPIRY",
    "MATURITY",
    "RESOLUTION",
    "STATED_BY",
    "DeadlineKind",
    "Statement",
]


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


def _of_bill(change: Change) -> Iterable[Statement]:
    event = change.event
    bill = change.after["bills"][event.bill_id]
    subject = acceptances.bill_subject(event.contract_id, event.bill_id)
    if bill["status"] == acceptances.SETTLED:
        return [Statement(subject, None)]
    held = None if change.before is None else change.before["bills"].get(event.bill_id)
    accepted_before = None if held is None else held["order"].get("accepted")
    if bill["order"].get("accepted") != accepted_before:
        return [Statement(subject, bill["maturity_on"])]
    return ()


BILL_MATURITY: Final = DeadlineKind("bill_maturity", {AcceptanceAccepted: _of_bill, AcceptanceSettled: _of_bill})


def _of_guarantee(change: Change) -> Iterable[Statement]:
    if change.after["status"] in guarantees.OVER:
        return [Statement(change.section_name, None)]
    if change.states_newer("expires_on"):
        return [Statement(change.section_name, change.after["expires_on"])]
    return ()


GUARANTEE_EXPIRY: Final = DeadlineKind(
    "guarantee_expiry",
    {GuaranteeIssued: _of_guarantee, GuaranteeAmended: _of_guarantee, GuaranteeReleased: _of_guarantee},
)


def _of_complaint(is_over: Callable[[Section], bool]) -> States:
    def states(change: Change) -> Iterable[Statement]:
        if is_over(change.after):
            return [Statement(change.section_name, None)]
        if change.states_newer("received_on"):
            return [Statement(change.section_name, change.after["received_on"])]
        return ()

    return states


def _limit(name: str, is_over: Callable[[Section], bool]) -> DeadlineKind:
    """Of what the bank owes a complaint, counted from the day on which it was received."""
    events = (ComplaintReceived, ComplaintUpdated, ComplaintResolved, ComplaintWithdrawn)
    return DeadlineKind(name, dict.fromkeys(events, _of_complaint(is_over)), is_ahead=False)


ACKNOWLEDGEMENT: Final = _limit("acknowledgement", complaints.is_acknowledged)
RESOLUTION: Final = _limit("resolution", complaints.is_closed)


def _of_contact(change: Change) -> Iterable[Statement]:
    last_before = None if change.before is None else change.before["last_contact_at"]
    last = change.after["last_contact_at"]
    return () if last == last_before else [Statement(change.section_name, last)]


CONTACT: Final = DeadlineKind("contact", {ContactMade: _of_contact}, is_ahead=False)

DEADLINE_KINDS: Final[dict[str, DeadlineKind]] = {
    kind.name: kind for kind in (MATURITY, BILL_MATURITY, GUARANTEE_EXPIRY, ACKNOWLEDGEMENT, RESOLUTION, CONTACT)
}


def _stated_by() -> dict[type, tuple[tuple[DeadlineKind, States], ...]]:
    table: dict[type, tuple[tuple[DeadlineKind, States], ...]] = {}
    for kind in DEADLINE_KINDS.values():
        for event_type, states in kind.stated_by.items():
            table[event_type] = (*table.get(event_type, ()), (kind, states))
    return table


STATED_BY: Final = _stated_by()
"""Event type -> what it may state."""

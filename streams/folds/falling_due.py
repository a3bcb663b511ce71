"""What falls due: the kinds of deadlines, and which events state them.

A deadline is a raw day or instant of a subject. It is a function of the events folded, whatever rules are in force:
which of them look at it, and how long before or after, is applied when it is scanned.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from schemas.acceptances import AcceptanceAccepted, AcceptanceSettled
from schemas.accounts import AccountClosed, AccountOpened, AccountTermsChanged
from schemas.complaints import ComplaintReceived, ComplaintResolved, ComplaintUpdated, ComplaintWithdrawn
from schemas.customers import CustomerAmended, CustomerRegistered
from schemas.guarantees import GuaranteeAmended, GuaranteeIssued, GuaranteeReleased
from schemas.interactions import ContactMade
from schemas.loans import LoanDrawnDown, LoanSettled
from schemas.views import PROFILE, account_section
from streams.change import Change
from streams.folds import acceptances, accounts, complaints, guarantees, loans
from streams.view import Section, View

__all__ = [
    "ACKNOWLEDGEMENT",
    "BILL_MATURITY",
    "BIRTHDAY",
    "CONTACT",
    "DEADLINE_KINDS",
    "DORMANCY",
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
Again = Callable[[str, View], str | None]
Stands = Callable[[View], str | None]


class DeadlineKind(NamedTuple):
    """A kind of deadline."""

    name: str
    stated_by: Mapping[type, States]
    """Event type -> what a change by such an event states."""
    is_ahead: bool = True
    """A day that was already past when it was stated is no deadline. False: it counts from a day that has been."""
    again: Again | None = None
    """(raw day, view) -> the next raw day after it, once all have looked at it; None: there is none."""
    stands: Stands | None = None
    """view -> the raw day by the view as it is now; None: nothing falls due any more.

    Of a day that moves on silently, with events that state nothing: it is asked for before each look, and the deadline
    moves on to it. Stated again, it moves forwards only; when all have looked at it, it stays until it moves on.
    """

    @property
    def comes_again(self) -> bool:
        """Whether it falls due time after time: a rule then tells only of what falls due while it is in force."""
        return self.again is not None or self.stands is not None


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


def _of_birth(change: Change) -> Iterable[Statement]:
    born_before = None if change.before is None else change.before["born_on"]
    born_on = change.after["born_on"]
    if born_on == born_before:
        return ()
    # Of a year that is over in every time zone: it moves on from there.
    return [Statement(PROFILE, _anniversary(born_on, change.arrival.at.year - 2))]


def _next_birthday(raw: str, view: View) -> str | None:
    profile = view.get(PROFILE)
    assert profile is not None
    return _anniversary(profile["born_on"], date.fromisoformat(raw).year + 1)


def _anniversary(born_on: str, year: int) -> str | None:
    """The first one in `year` or later, the day itself not being one; of 29 February in other years the 28th."""
    born = date.fromisoformat(born_on)
    year = max(year, born.year + 1)
    if year > date.max.year:
        return None
    try:
        return born.replace(year=year).isoformat()
    except ValueError:
        return born.replace(year=year, day=28).isoformat()


BIRTHDAY: Final = DeadlineKind(
    "birthday",
    {CustomerRegistered: _of_birth, CustomerAmended: _of_birth},
    is_ahead=False,
    again=_next_birthday,
)


def _of_opening(change: Change) -> Iterable[Statement]:
    return [Statement(PROFILE, _last_activity(change.after))]


def _last_activity(account: Section) -> str | None:
    """The day of its newest entry, or on which it was opened, as far as either is known."""
    days = (account["opened_on"], account.get("last_entry_on"))
    return max((day for day in days if day is not None), default=None)


def _silent_since(view: View) -> str | None:
    """The last day of any activity on any account; None when all accounts are closed."""
    held = [account for account in map(view.get, view.names(account_section(""))) if account is not None]
    if all(account["status"] == accounts.CLOSED for account in held):
        return None
    days = map(_last_activity, held)
    return max((day for day in days if day is not None), default=None)


# Entries state nothing, for they are nearly all there is: where the day stands is looked at when it falls due.
DORMANCY: Final = DeadlineKind("dormancy", {AccountOpened: _of_opening}, is_ahead=False, stands=_silent_since)

_KINDS: Final = (
    *(MATURITY, BILL_MATURITY, GUARANTEE_EXPIRY, ACKNOWLEDGEMENT, RESOLUTION),
    *(CONTACT, BIRTHDAY, DORMANCY),
)
DEADLINE_KINDS: Final[dict[str, DeadlineKind]] = {kind.name: kind for kind in _KINDS}


def _stated_by() -> dict[type, tuple[tuple[DeadlineKind, States], ...]]:
    table: dict[type, tuple[tuple[DeadlineKind, States], ...]] = {}
    for kind in DEADLINE_KINDS.values():
        for event_type, states in kind.stated_by.items():
            table[event_type] = (*table.get(event_type, ()), (kind, states))
    return table


STATED_BY: Final = _stated_by()
"""Event type -> what it may state."""

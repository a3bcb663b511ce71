"""Fold of deposit and current accounts: section `account:<id>`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from schemas.accounts import (
    AccountBalanceReported,
    AccountClosed,
    AccountEntryBooked,
    AccountEvent,
    AccountFrozen,
    AccountOpened,
    AccountTermsChanged,
    AccountUnfrozen,
)
from streams.folds.additive import counted
from streams.folds.money import in_currency, within_bounds
from streams.folds.order import stated
from streams.view import Section

__all__ = ["CLOSED", "fold"]

CLOSED: Final = "closed"
FROZEN: Final = "frozen"
OPEN: Final = "open"


def fold(section: Section | None, event: AccountEvent, day_of: Callable[[datetime], date]) -> Section:
    """The account after `event`; the very section when the event is a duplicate or superseded.

    `day_of` an instant is the bank's day.
    Raises `Refused` for another currency than the account's, `Late` for an entry older than the window.
    """
    if section is None:
        section = _unheard_of(event.account_id)
    if type(event) is AccountBalanceReported:
        return _report(section, event, day_of(event.occurred_at))
    return _FOLDS[type(event)](section, event)


def _unheard_of(account_id: str) -> Section:
    return {
        "account_id": account_id,
        "currency": None,
        "product": None,
        "balance_minor": None,
        "entries": 0,
        "status": OPEN,
        "opened_on": None,
        "closed_on": None,
        "maturity_on": None,
        "frozen_minor": 0,
        "freezes": {},
        "armed": True,
        "order": {},
        "recent": [],
    }


def _book(section: Section, event: AccountEntryBooked) -> Section:
    if section["currency"] != event.currency:
        section = in_currency(section, event.currency)
    seq = event.source_seq
    recent = counted(section["recent"], seq)
    if recent is None:
        return section
    after = section.copy()
    after["entries"] += 1
    after["recent"] = recent
    on = event.booked_on.isoformat()
    if on > section.get("last_entry_on", ""):
        after["last_entry_on"] = on
    order = section["order"]
    if seq > order.get("balance", -1):
        after["balance_minor"] = event.balance_minor
        after["balance_on"] = on
        after["order"] = {**order, "balance": seq}
    return after


def _report(section: Section, event: AccountBalanceReported, on: date) -> Section:
    section = in_currency(section, event.currency)
    balance = {"balance_minor": event.balance_minor, "balance_on": on.isoformat()}
    return stated(section, event.source_seq, {"balance": balance})


def _open(section: Section, event: AccountOpened) -> Section:
    section = in_currency(section, event.currency)
    facts = {
        "life": {"status": OPEN},
        "opened_on": {"opened_on": event.opened_on.isoformat()},
        "terms": _terms(event),
    }
    return _with_status(stated(section, event.source_seq, facts))


def _change_terms(section: Section, event: AccountTermsChanged) -> Section:
    return stated(section, event.source_seq, {"terms": _terms(event)})


def _terms(event: AccountOpened | AccountTermsChanged) -> dict[str, Any]:
    maturity_on = event.maturity_on
    return {"product": event.product, "maturity_on": None if maturity_on is None else maturity_on.isoformat()}


def _close(section: Section, event: AccountClosed) -> Section:
    facts = {"life": {"status": CLOSED}, "closed_on": {"closed_on": event.closed_on.isoformat()}}
    return stated(section, event.source_seq, facts)


def _freeze(section: Section, event: AccountFrozen) -> Section:
    section = in_currency(section, event.currency)
    return _with_freeze(section, event.freeze_id, event.amount_minor, event.source_seq)


def _unfreeze(section: Section, event: AccountUnfrozen) -> Section:
    return _with_freeze(section, event.freeze_id, None, event.source_seq)


def _with_freeze(section: Section, freeze_id: str, amount_minor: int | None, seq: int) -> Section:
    held = section["freezes"].get(freeze_id)
    if held is not None and seq <= held["seq"]:
        return section
    freezes = {**section["freezes"], freeze_id: {"amount_minor": amount_minor, "seq": seq}}
    frozen_minor = sum(freeze["amount_minor"] or 0 for freeze in freezes.values())
    within_bounds(frozen_minor, "amount_minor")
    return _with_status({**section, "freezes": freezes, "frozen_minor": frozen_minor})


def _with_status(section: Section) -> Section:
    """Let a freeze show in the status of a living account; a closed one stays closed."""
    status = section["status"]
    shown = CLOSED if status == CLOSED else FROZEN if section["frozen_minor"] else OPEN
    return section if shown == status else {**section, "status": shown}


_FOLDS: Final[dict[type, Callable[[Section, Any], Section]]] = {
    AccountEntryBooked: _book,
    AccountOpened: _open,
    AccountTermsChanged: _change_terms,
    AccountClosed: _close,
    AccountFrozen: _freeze,
    AccountUnfrozen: _unfreeze,
}

"""Fold of an account's balances at the ends of months: section `history:<account>`.

An account holds the newest balance stated, and the day of it. What stands here are the newest balances of other months:
so an entry that stays within the month writes nothing here.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from streams.view import Section

__all__ = ["MONTHS_KEPT", "Closing", "closing", "stated_on", "with_closing"]

MONTHS_KEPT: Final = 14
"""Of so many newest months with a balance, that of the balance that stands counted in: it and 13 before."""

DayOf = Callable[[datetime], date]


class Closing(NamedTuple):
    """The newest balance of a month, as far as is known."""

    balance_minor: int
    on: str
    seq: int

    @property
    def month(self) -> str:
        """As in `2026-10`."""
        return _month(self.on)


def stated_on(event: AccountEntryBooked | AccountBalanceReported, day_of: DayOf) -> str:
    """The day of the balance that an event states: an entry's booking day, a report's day at the bank."""
    day = event.booked_on if isinstance(event, AccountEntryBooked) else day_of(event.occurred_at)
    return day.isoformat()


def closing(
    before: Section | None, after: Section, event: AccountEntryBooked | AccountBalanceReported, day_of: DayOf
) -> Closing | None:
    """What the event, which made of the account `before` the account `after`, says of a month that is not the present.

    The balance before, when the month is another one now; or the event's own, when it is an older one that came late.
    """
    held_on = None if before is None else before.get("balance_on")
    if before is None or held_on is None:
        # None before, or one of before there were such days: of which month, nobody knows.
        return None
    if after["order"] is not before["order"]:
        on = after["balance_on"]
        if on == held_on or _month(on) == _month(held_on):
            return None
        return Closing(before["balance_minor"], held_on, before["order"]["balance"])
    if after is before and isinstance(event, AccountEntryBooked):
        # Counted before, and then it was here.
        return None
    told = Closing(event.balance_minor, stated_on(event, day_of), event.source_seq)
    return None if told.month == _month(held_on) else told


def with_closing(history: Section | None, account: Section, told: Closing) -> Section | None:
    """The history with what was told; the very section when it knows a newer balance of that month, or newer months.

    Any order of what is told ends the same: of each month the newest balance stands, and of months the newest.
    """
    closings: dict[str, Any] = {} if history is None else history["closings"]
    every = dict(closings)
    held = closings.get(told.month)
    if held is None or held["seq"] < told.seq:
        every[told.month] = {"balance_minor": told.balance_minor, "on": told.on, "seq": told.seq}
    present = _month(account["balance_on"])
    newest = sorted({*every, present})[-MONTHS_KEPT:]
    kept = {month: every[month] for month in newest if month != present}
    if kept == closings:
        return history
    return {"account_id": account["account_id"], "currency": account["currency"], "closings": kept}


def _month(on: str) -> str:
    return on[:7]

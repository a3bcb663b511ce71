"""The oracle's part that tells what was: the timeline, and the balances at the ends of months."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from schemas.accounts import AccountBalanceReported, AccountEntryBooked

__all__ = ["closings", "stated_on", "timeline"]

Section = dict[str, Any]
DayOf = Callable[[datetime], date]

PARTY: Final = (
    "name kind registered_on born_on document_number organisation_code phone email address home_branch vip tier"
)
_DRAWDOWN: Final = "loan:{contract_id}/drawdown:{drawdown_id}"
_BILL: Final = "acceptance:{contract_id}/bill:{bill_id}"
_PLEDGE: Final = "collateral:{contract_id}/pledge:{collateral_id}"
NOTABLE: Final = {
    "customer.registered": ("profile", ""),
    "customer.amended": ("profile", ""),
    "relationship.assigned": ("relationship:{relationship_id}", "role party_id"),
    "relationship.ended": ("relationship:{relationship_id}", ""),
    "account.opened": ("account:{account_id}", "product currency maturity_on"),
    "account.terms_changed": ("account:{account_id}", "product maturity_on"),
    "account.frozen": ("account:{account_id}", "freeze_id amount_minor currency"),
    "account.unfrozen": ("account:{account_id}", "freeze_id"),
    "account.closed": ("account:{account_id}", ""),
    "loan.contract_signed": ("loan:{contract_id}", "limit_minor currency"),
    "loan.drawn_down": (_DRAWDOWN, "amount_minor currency maturity_on"),
    "loan.instalment_missed": (_DRAWDOWN, "due_on arrears_minor currency"),
    "loan.settled": (_DRAWDOWN, ""),
    "guarantee.issued": ("guarantee:{contract_id}", "amount_minor currency expires_on"),
    "guarantee.amended": ("guarantee:{contract_id}", "amount_minor currency expires_on"),
    "guarantee.called": ("guarantee:{contract_id}", "called_minor currency"),
    "guarantee.released": ("guarantee:{contract_id}", "ground"),
    "acceptance.accepted": (_BILL, "amount_minor currency maturity_on"),
    "acceptance.paid": (_BILL, "paid_minor currency"),
    "acceptance.settled": (_BILL, ""),
    "collateral.pledged": (_PLEDGE, "collateral_kind value_minor currency"),
    "collateral.valued": (_PLEDGE, "value_minor currency"),
    "collateral.released": (_PLEDGE, ""),
    "complaint.received": ("complaint:{complaint_id}", "product issue channel"),
    "complaint.updated": ("complaint:{complaint_id}", "progress"),
    "complaint.resolved": ("complaint:{complaint_id}", ""),
    "complaint.withdrawn": ("complaint:{complaint_id}", ""),
    "interaction.contact_made": ("interactions", "channel direction outcome product"),
    "interaction.campaign_answered": ("interactions", "campaign_id response product"),
    "interaction.satisfaction_scored": ("interactions", "score"),
}
"""Type of event -> its subject, and what is told of it."""


def timeline(events: Iterable[Any]) -> list[Section]:
    """The newest 32 of all notable events, each once: as it was told first."""
    parts: dict[tuple[datetime, str, str, int], Section] = {}
    for event in events:
        if event.type not in NOTABLE:
            continue
        subject, facts = NOTABLE[event.type]
        stated = event.model_dump(mode="json", exclude_none=True)
        detail: Section = {name: stated[name] for name in facts.split() if name in stated}
        if event.type == "customer.amended":
            detail["fields"] = [name for name in PARTY.split() if name in stated]
        place = event.occurred_at, event.source, subject.format_map(stated), event.source_seq
        at = event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        header = {"at": at, "type": event.type, "subject": place[2], "source": event.source, "seq": event.source_seq}
        parts.setdefault(place, header | {"detail": detail})
    return [parts[place] for place in sorted(parts)[-32:]]


def closings(events: Iterable[Any], day_of: DayOf) -> dict[str, Section]:
    """Of an account's events: the newest balance of each of the newest 14 months, but that of the balance that stands.

    An entry told again says nothing new, whatever it says.
    """
    stated: list[Any] = []
    for event in events:
        counted = [told.source_seq for told in stated if isinstance(told, AccountEntryBooked)]
        is_new_entry = isinstance(event, AccountEntryBooked) and event.source_seq not in counted
        if is_new_entry or isinstance(event, AccountBalanceReported):
            stated.append(event)
    by_month: dict[str, list[Any]] = {}
    for event in stated:
        by_month.setdefault(stated_on(event, day_of).isoformat()[:7], []).append(event)
    found: dict[str, Section] = {}
    for month in sorted(by_month)[-14:]:
        last = _newest(by_month[month])
        if last is not _newest(stated):
            on = stated_on(last, day_of).isoformat()
            found[month] = {"balance_minor": last.balance_minor, "on": on, "seq": last.source_seq}
    return found


def stated_on(event: Any, day_of: DayOf) -> date:
    """The day of a balance."""
    on: date = event.booked_on if isinstance(event, AccountEntryBooked) else day_of(event.occurred_at)
    return on


def _newest(events: Sequence[Any]) -> Any:
    """Of equals the one told first."""
    greatest = max(event.source_seq for event in events)
    return next(event for event in events if event.source_seq == greatest)

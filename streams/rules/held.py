"""What a change does to what a customer holds: for rules on that, which need not remember anything."""

from typing import Final, get_args

from schemas.acceptances import AcceptanceEvent
from schemas.accounts import AccountClosed, AccountOpened, AccountTermsChanged
from schemas.guarantees import GuaranteeEvent
from schemas.loans import LoanEvent
from schemas.views import HOLDINGS
from streams.change import Change
from streams.folds import holdings
from streams.view import Section

__all__ = ["HOLDING_EVENTS", "Held", "cause_of", "held"]

HOLDING_EVENTS: Final[tuple[type, ...]] = (
    *(AccountOpened, AccountTermsChanged, AccountClosed),
    *get_args(LoanEvent),
    *get_args(GuaranteeEvent),
    *get_args(AcceptanceEvent),
)
"""Events that may begin or end the holding of a product."""

Held = dict[str, int]
"""Product -> how many."""


def held(change: Change) -> tuple[Held, Held] | None:
    """What the customer held before the event, and holds since; None where that is the same, as nearly always."""
    was, now = change.before, change.after
    if was is not None and was["status"] == now["status"] and was.get("product") == now.get("product"):
        return None
    before, after = _product(change, was), _product(change, now)
    if before == after:
        return None
    section = change.view.get(HOLDINGS) or {"products": {}}
    return holdings.exchanged(section, after, before)["products"], section["products"]


def cause_of(change: Change) -> str:
    """What tells the event from all others of any section: each part of a contract numbers its own."""
    event = change.event
    part = getattr(event, "drawdown_id", None) or getattr(event, "bill_id", "")
    return f"{change.section_name}:{event.source}:{part}:{event.source_seq}"


def _product(change: Change, section: Section | None) -> str | None:
    family = change.section_name.partition(":")[0]
    if family in holdings.CONTRACTS:
        return holdings.contract_product(family, section)
    return holdings.account_product(section)

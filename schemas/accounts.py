"""Events of deposit and current accounts: topic `account-changes`, one entity per account."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import AmountMinor, Currency, Day, EntityId, PositiveMinor, Text
from schemas.header import Header

__all__ = [
    "AccountBalanceReported",
    "AccountClosed",
    "AccountEntryBooked",
    "AccountEvent",
    "AccountFrozen",
    "AccountOpened",
    "AccountTermsChanged",
    "AccountUnfrozen",
]

Product = Annotated[str, Field(min_length=1, max_length=64)]


class _AccountHeader(Header):
    account_id: EntityId


class AccountOpened(_AccountHeader):
    """An account exists from `opened_on`; a term deposit names its maturity."""

    type: Literal["account.opened"]
    product: Product
    currency: Currency
    opened_on: Day
    maturity_on: Day | None = None


class AccountEntryBooked(_AccountHeader):
    """One posting: signed amount (credit positive), and the ledger's balance after it, which is the truth."""

    type: Literal["account.entry_booked"]
    amount_minor: AmountMinor
    balance_minor: AmountMinor
    currency: Currency
    booked_on: Day
    text: Text | None = None


class AccountBalanceReported(_AccountHeader):
    """The ledger states a balance without an entry (nightly file)."""

    type: Literal["account.balance_reported"]
    balance_minor: AmountMinor
    currency: Currency


class AccountTermsChanged(_AccountHeader):
    """The terms from now on, whole: a `maturity_on` of null means that there is none any more."""

    type: Literal["account.terms_changed"]
    product: Product
    maturity_on: Day | None = None


class AccountFrozen(_AccountHeader):
    """A court or the bank holds an amount; several freezes of an account may stand side by side."""

    type: Literal["account.frozen"]
    freeze_id: EntityId
    amount_minor: PositiveMinor
    currency: Currency
    reason: Text | None = None


class AccountUnfrozen(_AccountHeader):
    """The freeze `freeze_id` is lifted."""

    type: Literal["account.unfrozen"]
    freeze_id: EntityId


class AccountClosed(_AccountHeader):
    """The account is closed from `closed_on`."""

    type: Literal["account.closed"]
    closed_on: Day


AccountEvent = (
    AccountOpened
    | AccountEntryBooked
    | AccountBalanceReported
    | AccountTermsChanged
    | AccountFrozen
    | AccountUnfrozen
    | AccountClosed
)

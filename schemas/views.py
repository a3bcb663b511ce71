"""The sections of a customer view: values of `customer-views`, fields of the Redis hash, parts of a lookup.

A section is a plain dict in the engine, with these types; through pydantic the same definition is the public
schema. Keys of `customer-views`: `<customer_id>/<section>`, sections named by the functions below. The clock and
the counters of a partition stand under `$partition-<n>/progress`. `order` in a section is the bookkeeping that
makes folds replay-safe (source sequence numbers), not a banking fact.
"""

from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

__all__ = [
    "DEADLINES",
    "PROFILE",
    "PROGRESS",
    "SUMMARY",
    "AccountSection",
    "AccountStatus",
    "ComplaintSection",
    "ComplaintStatus",
    "DeadlinePart",
    "DeadlinesSection",
    "DrawdownPart",
    "FreezePart",
    "LendingStatus",
    "LoanSection",
    "ProfileSection",
    "ProgressSection",
    "RelationshipPart",
    "SummarySection",
    "Totals",
    "account_section",
    "alert_section",
    "complaint_section",
    "loan_section",
    "progress_key",
    "section_key",
    "split_key",
]

AccountStatus = Literal["open", "frozen", "closed"]
LendingStatus = Literal["open", "in_arrears", "settled"]
ComplaintStatus = Literal["open", "in_progress", "resolved", "withdrawn"]

PROFILE: Final = "profile"
SUMMARY: Final = "summary"
DEADLINES: Final = "deadlines"
PROGRESS: Final = "progress"
PARTITION_PREFIX: Final = "$partition-"
"""Begins the key of what belongs to a partition, not to a customer; no customer number begins like this."""


def account_section(account_id: str) -> str:
    """Name of an account's section."""
    return f"account:{account_id}"


def loan_section(contract_id: str) -> str:
    """Name of a lending contract's section."""
    return f"loan:{contract_id}"


def complaint_section(complaint_id: str) -> str:
    """Name of a complaint's section."""
    return f"complaint:{complaint_id}"


def alert_section(alert_id: str) -> str:
    """Name of an alert's section; its value is the `Alert` as published."""
    return f"alert:{alert_id}"


def section_key(customer_id: str, section: str) -> str:
    """Key in `customer-views`."""
    return f"{customer_id}/{section}"


def progress_key(partition: int) -> str:
    """Key in `customer-views` of a partition's clock and counters."""
    return f"{PARTITION_PREFIX}{partition}/{PROGRESS}"


def split_key(key: str) -> tuple[str, str]:
    """(customer number or `$partition-<n>`, section) of a key in `customer-views`."""
    owner, _, section = key.partition("/")
    return owner, section


class RelationshipPart(TypedDict):
    """A relationship, current or ended."""

    role: Literal["host", "co_host", "signatory"] | None
    party_id: str | None
    account_id: str | None
    since: str | None
    """RFC 3339 instant of the assignment; the newest of all current hosts is the host."""
    active: bool
    seq: int
    """Newest source_seq of an assignment or an end: decides `active`."""
    assigned_seq: int
    """Newest source_seq of an assignment, which stated the other fields; -1 while only its end is known."""


class ProfileSection(TypedDict):
    """The party; spliced into the top level of an assembled view."""

    name: str | None
    kind: Literal["personal", "corporate"] | None
    registered_on: str | None
    born_on: str | None
    document_number: str | None
    organisation_code: str | None
    phone: str | None
    email: str | None
    address: str | None
    home_branch: str | None
    vip: bool | None
    host_manager: str | None
    co_hosts: list[str]
    signatories: list[str]
    relationships: dict[str, RelationshipPart]
    order: dict[str, int]
    """Field name -> source_seq of the event that last stated it."""


class FreezePart(TypedDict):
    """A freeze; `amount_minor` is null once it is lifted."""

    amount_minor: int | None
    seq: int


class AccountSection(TypedDict):
    """An account. `balance_minor` is what the ledger last stated, never a sum of entries."""

    account_id: str
    currency: str | None
    product: str | None
    balance_minor: int | None
    entries: int
    """Distinct entries booked."""
    status: AccountStatus
    """open, frozen (some freeze stands) or closed."""
    opened_on: str | None
    closed_on: str | None
    maturity_on: str | None
    frozen_minor: int
    freezes: dict[str, FreezePart]
    armed: bool
    """Whether `large_balance` may fire."""
    order: dict[str, int]
    """`life`, `opened_on`, `closed_on`, `terms`, `balance` -> source_seq of the event that last stated it."""
    recent: list[int]
    """The newest source_seqs of additive events, ascending, at most `RECENT_WINDOW` of them."""


class DrawdownPart(TypedDict):
    """A drawdown under a contract."""

    amount_minor: int | None
    drawn_on: str | None
    maturity_on: str | None
    repaid_minor: int
    arrears_minor: int
    missed: int
    status: LendingStatus
    """open, in_arrears or settled."""
    order: dict[str, int]
    """`drawn`, `arrears`, `settled` -> source_seq."""
    recent: list[int]


class LoanSection(TypedDict):
    """A lending contract with its drawdowns."""

    contract_id: str
    currency: str | None
    contract_minor: int | None
    """The limit agreed."""
    signed_on: str | None
    drawn_minor: int
    outstanding_minor: int
    arrears_minor: int
    maturity_on: str | None
    """Of the earliest unsettled drawdown."""
    status: LendingStatus
    """open, in_arrears or settled (there are drawdowns, and all are settled)."""
    drawdowns: dict[str, DrawdownPart]
    order: dict[str, int]
    """`signed` -> source_seq."""


class ComplaintSection(TypedDict):
    """A complaint."""

    complaint_id: str
    received_on: str | None
    product: str | None
    issue: str | None
    content: str | None
    channel: str | None
    status: ComplaintStatus
    """open, in_progress, resolved or withdrawn."""
    resolution: str | None
    closed_on: str | None
    order: dict[str, int]
    """Field name -> source_seq of the event that last stated it."""


class DeadlinePart(TypedDict):
    """A day that has not fired yet, and the record that stated it."""

    on: str
    """The raw day; the rule's lead time is applied when it is judged, so a rule change rewrites no view."""
    stated_at: str
    """`occurred_at` of the record that stated it."""
    cause: list[Any]
    """Position of that record: [topic, partition, offset]."""


class DeadlinesSection(TypedDict):
    """What falls due and has not fired: subject (`account:<id>`, `loan:<contract>/drawdown:<id>`) -> deadline."""

    due: dict[str, DeadlinePart]


class Totals(TypedDict):
    """Derived, each equal to a recomputation from the other sections."""

    accounts: int
    """Accounts not closed."""
    loans: int
    """Contracts not settled."""
    complaints: int
    """Complaints neither resolved nor withdrawn."""
    alerts: int
    unaddressed: int
    """Alerts that stand at a desk."""
    balance_minor: dict[str, int]
    """Currency -> sum of the balances of the accounts not closed."""
    outstanding_minor: dict[str, int]
    """Currency -> sum of what is outstanding."""


class SummarySection(TypedDict):
    """What is derived, and how far the view is; spliced into the top level of an assembled view."""

    totals: Totals
    due_on: str | None
    """The earliest day of the deadlines."""
    as_of: str
    """Wall-clock instant of the last fold that changed the view."""
    applied: dict[str, list[Any]]
    """Input topic -> [topic id, offset of the newest record folded]."""


class ProgressSection(TypedDict):
    """A partition's committed clock and counters; `counts` is exact because it commits with the positions."""

    clock_at: str | None
    counts: dict[str, int]
    """`folded`, `late`, `dead` -> records of the input topics."""
    applied: NotRequired[dict[str, list[Any]]]
    """Input topic -> [topic id, offset of the newest record folded] of the whole partition."""

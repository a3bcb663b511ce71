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
    "HOLDINGS",
    "INTERACTIONS",
    "PROFILE",
    "PROGRESS",
    "SUMMARY",
    "TIMELINE",
    "AcceptanceSection",
    "AccountSection",
    "AccountStatus",
    "BalanceHistorySection",
    "BillPart",
    "CampaignPart",
    "ClosingPart",
    "CollateralSection",
    "ComplaintSection",
    "ComplaintStatus",
    "ContactPart",
    "DeadlinePart",
    "DeadlinesSection",
    "DrawdownPart",
    "FreezePart",
    "GuaranteeSection",
    "GuaranteeStatus",
    "HoldingsSection",
    "InteractionsSection",
    "InterestPart",
    "LendingStatus",
    "LoanSection",
    "PledgePart",
    "ProfileSection",
    "ProgressSection",
    "RelationshipPart",
    "SatisfactionPart",
    "SummarySection",
    "TimelinePart",
    "TimelineSection",
    "Totals",
    "acceptance_section",
    "account_section",
    "alert_section",
    "collateral_section",
    "complaint_section",
    "guarantee_section",
    "history_section",
    "loan_section",
    "progress_key",
    "section_key",
    "split_key",
]

AccountStatus = Literal["open", "frozen", "closed"]
LendingStatus = Literal["open", "in_arrears", "settled"]
GuaranteeStatus = Literal["open", "called", "released", "expired"]
ComplaintStatus = Literal["open", "in_progress", "resolved", "withdrawn"]

PROFILE: Final = "profile"
SUMMARY: Final = "summary"
DEADLINES: Final = "deadlines"
INTERACTIONS: Final = "interactions"
HOLDINGS: Final = "holdings"
TIMELINE: Final = "timeline"
PROGRESS: Final = "progress"
STATE_FORMAT: Final = 2
"""Raised when sections, or what a fold makes of events, change in a way that older workers must not go on with: they
then stop instead. What is there already gets the new meaning by `c360 rebuild`."""
PARTITION_PREFIX: Final = "$partition-"
"""Begins the key of what belongs to a partition, not to a customer; no customer number begins like this."""


def account_section(account_id: str) -> str:
    """Name of an account's section."""
    return f"account:{account_id}"


def history_section(account_id: str) -> str:
    """Name of the section of an account's month-end balances."""
    return f"history:{account_id}"


def loan_section(contract_id: str) -> str:
    """Name of a lending contract's section."""
    return f"loan:{contract_id}"


def guarantee_section(contract_id: str) -> str:
    """Name of a guarantee's section."""
    return f"guarantee:{contract_id}"


def acceptance_section(contract_id: str) -> str:
    """Name of the section of an acceptance contract."""
    return f"acceptance:{contract_id}"


def collateral_section(contract_id: str) -> str:
    """Name of the section of what is pledged for a contract of any kind."""
    return f"collateral:{contract_id}"


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
    tier: NotRequired[Literal["small", "medium", "key", "potential", "top"] | None]
    """Absent from a profile last changed before there were tiers."""
    host_manager: str | None
    co_hosts: list[str]
    signatories: list[str]
    relationships: dict[str, RelationshipPart]
    order: dict[str, int]
    """Field name -> source_seq of the event that last stated it."""
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this customer; only of rules that remember something."""


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
    """Whether every rule `large_balance` may fire."""
    order: dict[str, int]
    """`life`, `opened_on`, `closed_on`, `terms`, `balance` -> source_seq of the event that last stated it."""
    recent: list[int]
    """The newest source_seqs of additive events, ascending, at most `RECENT_WINDOW` of them."""
    last_entry_on: NotRequired[str]
    """The newest booking day of its entries; absent before the first."""
    balance_on: NotRequired[str]
    """Day of the event that stated `balance_minor`: an entry's booking day, else the bank's day when it happened.
    Absent before the first, and while the balance is one stated before there were such days."""
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this account; only of rules that remember something."""


class ClosingPart(TypedDict):
    """The last balance of a month, minor units."""

    balance_minor: int
    on: str
    """Day on which it was stated."""
    seq: int
    """source_seq of the event that stated it."""


class BalanceHistorySection(TypedDict):
    """An account's balances at the ends of months; of the month of the present balance see the account."""

    account_id: str
    currency: str
    closings: dict[str, ClosingPart]
    """Month, as in `2026-10`, -> its newest balance; ascending, of the newest months in which one was stated, up to 13
    before the present balance's. A month without a balance stated is not there: it ended as the one before."""


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
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this contract; only of rules that remember something."""


class GuaranteeSection(TypedDict):
    """A guarantee: one contract, one letter."""

    contract_id: str
    letter_number: str | None
    currency: str | None
    amount_minor: int | None
    beneficiary: str | None
    issued_on: str | None
    expires_on: str | None
    called_minor: int
    """All that was demanded so far."""
    called_on: str | None
    released_on: str | None
    status: GuaranteeStatus
    """open, called, expired, or released (returned or paid)."""
    order: dict[str, int]
    """Field name -> source_seq of the event that last stated it."""
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this guarantee; only of rules that remember something."""


class BillPart(TypedDict):
    """A bill under an acceptance contract."""

    amount_minor: int | None
    payee: str | None
    accepted_on: str | None
    maturity_on: str | None
    paid_minor: int
    """All that the customer provided so far."""
    status: Literal["open", "settled"]
    order: dict[str, int]
    """`accepted`, `payee`, `paid`, `settled` -> source_seq."""


class AcceptanceSection(TypedDict):
    """An acceptance contract with its bills."""

    contract_id: str
    currency: str | None
    accepted_minor: int
    outstanding_minor: int
    """What the customer has still to provide."""
    maturity_on: str | None
    """Of the earliest unsettled bill."""
    status: Literal["open", "settled"]
    """open, or settled (all its bills are)."""
    bills: dict[str, BillPart]
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this contract; only of rules that remember something."""


class PledgePart(TypedDict):
    """Something pledged for a contract."""

    kind: Literal["real_estate", "vehicle", "deposit", "securities", "receivables", "inventory", "other"] | None
    description: str | None
    value_minor: int | None
    valued_on: str | None
    cover_percent: int | None
    pledged_on: str | None
    released_on: str | None
    status: Literal["pledged", "released"]
    order: dict[str, int]
    """`life`, `terms`, `description`, `value`, `released_on` -> source_seq."""


class CollateralSection(TypedDict):
    """What is pledged for a contract."""

    contract_id: str
    currency: str | None
    value_minor: int
    """What the pledges not released are worth together."""
    cover_percent: int | None
    """What they must be worth, in percent of what is owed: the greatest that one of them states."""
    pledges: dict[str, PledgePart]
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this collateral; only of rules that remember something."""


class ContactPart(TypedDict):
    """A contact; `source` and `seq` tell it from any other."""

    at: str
    channel: Literal["call", "visit", "branch", "mail", "email", "e_bank", "other"]
    direction: Literal["inbound", "outbound"]
    outcome: Literal["reached", "not_reached", "agreed", "declined"]
    party_id: str | None
    product: str | None
    note: str | None
    source: str
    seq: int


class CampaignPart(TypedDict):
    """An answer to a campaign."""

    at: str
    campaign_id: str
    response: Literal["accepted", "interested", "declined", "no_answer"]
    channel: Literal["call", "visit", "branch", "mail", "email", "e_bank", "other"]
    product: str | None
    source: str
    seq: int


class InterestPart(TypedDict):
    """A product was looked at or asked about."""

    at: str
    product: str
    channel: Literal["call", "visit", "branch", "mail", "email", "e_bank", "other"]
    source: str
    seq: int


class SatisfactionPart(TypedDict):
    """The newest verdict of the customer, 0 to 10."""

    at: str
    score: int
    survey_id: str | None
    comment: str | None
    source: str
    seq: int


class InteractionsSection(TypedDict):
    """Contact with the customer; the lists hold the newest only, oldest first, by (instant, source, seq)."""

    last_contact_at: str | None
    """Of the newest contact in which he was reached."""
    contacts: list[ContactPart]
    campaigns: list[CampaignPart]
    interests: list[InterestPart]
    satisfaction: SatisfactionPart | None
    counts: dict[str, int]
    """`contacts`, `campaigns`, `interests`, `scores` -> all there ever were."""
    recent: dict[str, list[int]]
    """Source -> the newest source_seqs of its events, ascending, at most `RECENT_WINDOW` of them."""
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this customer; only of rules that remember something."""


class HoldingsSection(TypedDict):
    """What the customer holds; derived, equal to a recomputation from the other sections."""

    products: dict[str, int]
    """Product of accounts not closed, and `loan`, `guarantee`, `acceptance` of living contracts -> how many."""


class TimelinePart(TypedDict):
    """A notable event; `at`, `source`, `subject` and `seq` tell it from any other."""

    at: str
    type: str
    """Of the event, as in `account.frozen`; more types may come."""
    subject: str
    """`profile`, `relationship:<id>`, `account:<id>`, `loan:<contract>`, `loan:<contract>/drawdown:<id>`,
    `guarantee:<contract>`, `acceptance:<contract>/bill:<id>`, `collateral:<contract>/pledge:<id>`, `complaint:<id>` or
    `interactions`."""
    source: str
    seq: int
    detail: dict[str, str | int | list[str]]
    """What the event stated, by the names of its own fields; of `customer.amended` only the names, as `fields`.
    Never a person's data, nor free text."""


class TimelineSection(TypedDict):
    """What has happened to the customer lately: the newest notable events, oldest first, at most 32."""

    events: list[TimelinePart]


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
    rules: NotRequired[dict[str, dict[str, Any]]]
    """Rule id -> what the rule remembers of this complaint; only of rules that remember something."""


class DeadlinePart(TypedDict):
    """A day, or instant, that falls due, and the record that stated it."""

    on: str
    """The raw day; the rule's lead time is applied when it is judged, so a rule change rewrites no view."""
    stated_at: str
    """`occurred_at` of the record that stated it."""
    cause: list[Any]
    """Position of that record: [topic, partition, offset]."""
    at: NotRequired[str]
    """The raw instant, of which `on` is the day."""
    told: NotRequired[str]
    """The lead with which rules last looked at it, as `-30d`; absent before the first."""


class DeadlinesSection(TypedDict):
    """What falls due: maturities under their subject (`account:<id>`, `loan:<contract>/drawdown:<id>`), any other kind
    of deadline under `<subject>|<kind>`."""

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
    """Open alerts that stand at a desk."""
    balance_minor: dict[str, int]
    """Currency -> sum of the balances of the accounts not closed."""
    outstanding_minor: dict[str, int]
    """Currency -> sum of what is outstanding."""
    guarantees: NotRequired[int]
    """Guarantees that bind the bank; this and what follows is absent while the customer never had any."""
    guaranteed_minor: NotRequired[dict[str, int]]
    """Currency -> sum of the amounts of these guarantees."""
    acceptances: NotRequired[int]
    """Acceptance contracts not settled."""
    accepted_minor: NotRequired[dict[str, int]]
    """Currency -> sum of what is still to be provided for their bills."""
    collateral_minor: NotRequired[dict[str, int]]
    """Currency -> sum of what is pledged."""


class SummarySection(TypedDict):
    """What is derived, and how far the view is; spliced into the top level of an assembled view."""

    totals: Totals
    due_on: str | None
    """The earliest maturity that no rule has looked at."""
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
    in_force: NotRequired[dict[str, str]]
    """Rule id -> what `clock_at` was when the rule came into force; of rules on deadlines that come again."""
    format: NotRequired[int]
    """`STATE_FORMAT` of the worker that wrote it; absent: 1."""
    handed_over: NotRequired[int]
    """`switches` of the generations when this one last began to raise the partition's alerts; absent: never changed."""

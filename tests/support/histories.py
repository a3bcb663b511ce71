"""Strategies of histories: a few customers and what sources tell about them, with values around every threshold.

A history is told in the order of its instants; `disordered` and `repeated` bend it as sources and transports do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from schemas.accounts import AccountEntryBooked
from schemas.actions import AlertAction
from schemas.base import CURRENCY_EXPONENTS
from schemas.clock import ClockTicked
from schemas.customers import CustomerEvent
from schemas.events import Event
from schemas.interactions import InteractionEvent
from schemas.loans import LoanDrawnDown
from schemas.rules import RuleFile
from tests.support import builders
from tests.support.oracle import CONDITIONS, Delivery, Record

__all__ = [
    "RULES",
    "ZONES",
    "delivered",
    "disordered",
    "entity_of",
    "histories",
    "recorded",
    "redelivered",
    "repeated",
    "rule_files",
    "zones",
]

RULES: Final = RuleFile.model_validate(
    {
        "rules": [
            {
                "id": "large-balance",
                "kind": "large_balance",
                "version": 1,
                "severity": "notice",
                "threshold": "100000.00",
            },
            {"id": "large-entry", "kind": "large_entry", "version": 2, "severity": "notice", "threshold": "50000.00"},
            {"id": "maturity", "kind": "maturity", "version": 3, "severity": "warning", "days_before": 30},
            {
                "id": "complaint-reminder",
                "kind": "complaint_reminder",
                "version": 4,
                "severity": "urgent",
                "escalate_after": {"days": 2},
            },
        ]
    }
)
MORE_RULES: Final = RuleFile.model_validate(
    {
        "rules": [
            {
                "id": "corporate-balance",
                "kind": "large_balance",
                "severity": "urgent",
                "threshold": "99999.99",
                "rearm_percent": 100,
                "scope": {"customer_kind": ["corporate"]},
                "escalate_after": {"hours": 20},
                "expire_after": {"days": 40},
            },
            {
                "id": "yen-entry",
                "kind": "large_entry",
                "severity": "notice",
                "threshold": "0.01",
                "scope": {"currency": ["JPY"]},
                "addressee": "co_host",
            },
            {
                "id": "maturity-in-two",
                "kind": "maturity",
                "severity": "warning",
                "days_before": [31, 1, 0],
                "scope": {"currency": ["EUR", "CZK"]},
            },
            {
                "id": "web-complaint",
                "kind": "complaint_reminder",
                "severity": "notice",
                "scope": {"product": ["Credit card"], "branch": ["B1"]},
                "addressee": "branch",
            },
        ]
    }
)
"""Further rules of the same kinds, each for some only."""

LENDING_RULES: Final = RuleFile.model_validate(
    {
        "rules": [
            {"id": "large-drawdown", "kind": "large_drawdown", "severity": "notice", "threshold": "50.00"},
            {"id": "limit-nearly-drawn", "kind": "limit_nearly_drawn", "severity": "notice", "rearm_percent": 50},
            {"id": "drawn-over-limit", "kind": "drawn_over_limit", "severity": "urgent"},
            {"id": "instalment-missed", "kind": "instalment_missed", "severity": "warning"},
            {"id": "third-instalment", "kind": "instalment_missed", "severity": "urgent", "from_missed": 2},
            {"id": "arrears", "kind": "arrears", "severity": "warning", "threshold": "33.33", "rearm_percent": 50},
            {"id": "freeze-placed", "kind": "freeze_placed", "severity": "urgent"},
            {
                "id": "large-freeze",
                "kind": "freeze_placed",
                "severity": "urgent",
                "threshold": "50.00",
                "scope": {"customer_kind": ["personal"]},
            },
            {
                "id": "acceptance-maturity",
                "kind": "acceptance_maturity",
                "severity": "notice",
                "days_before": [30, 1],
                "offers": [{"name": "new bills"}, {"name": "loan", "unless_holds": "loan"}],
            },
            {"id": "guarantee-expiry", "kind": "guarantee_expiry", "severity": "notice", "days_before": 30},
            {
                "id": "corporate-guarantee",
                "kind": "guarantee_expiry",
                "severity": "notice",
                "days_before": [31, 0],
                "scope": {"customer_kind": ["corporate"]},
            },
            {"id": "collateral-below-cover", "kind": "collateral_below_cover", "severity": "urgent", "percent": 110},
        ]
    }
)
"""The rules of lending, around the sums that are told."""

BALANCE_RULES: Final = RuleFile.model_validate(
    {
        "rules": [
            {"id": "credit", "kind": "large_entry", "severity": "notice", "threshold": "1", "direction": "credit"},
            {"id": "debit", "kind": "large_entry", "severity": "notice", "threshold": "0.01", "direction": "debit"},
            {"id": "down", "kind": "large_balance_down", "severity": "notice", "threshold": "95000.00"},
            {
                "id": "personal-down",
                "kind": "large_balance_down",
                "severity": "notice",
                "threshold": "100000.00",
                "rearm_percent": 100,
                "scope": {"customer_kind": ["personal"]},
            },
            {
                "id": "foreign",
                "kind": "foreign_currency_balance",
                "severity": "notice",
                "home_currency": "CZK",
                "threshold": "100000.00",
            },
            {
                "id": "outflow",
                "kind": "large_net_outflow",
                "severity": "warning",
                "threshold": "50000.00",
                "days": 3,
                "entries_from": "49999.99",
            },
            {
                "id": "outflow-of-personal",
                "kind": "large_net_outflow",
                "severity": "warning",
                "threshold": "0.01",
                "days": 31,
                "rearm_percent": 100,
                "scope": {"customer_kind": ["personal"]},
            },
            {
                "id": "drop",
                "kind": "balance_drop",
                "severity": "warning",
                "percent": 50,
                "days": 31,
                "minimum": "95000.00",
            },
            {
                "id": "small-drop",
                "kind": "balance_drop",
                "severity": "notice",
                "percent": 5,
                "days": 3,
                "minimum": "0.01",
                "rearm_percent": 100,
                "scope": {"customer_kind": ["personal"]},
            },
        ]
    }
)
"""The rules on balances and flows, around the amounts that are told."""

RELATIONSHIP_RULES: Final = RuleFile.model_validate(
    {
        "rules": [
            {"id": "repeat", "kind": "repeat_complaint", "severity": "warning", "days": 30},
            {
                "id": "repeat-of-personal",
                "kind": "repeat_complaint",
                "severity": "notice",
                "same": "issue",
                "days": 0,
                "scope": {"customer_kind": ["personal"]},
            },
            {"id": "vip", "kind": "vip_complaint", "severity": "urgent", "tiers": ["top"]},
            {
                "id": "taken-up",
                "kind": "acknowledgement_overdue",
                "severity": "warning",
                "within_days": 1,
                "days": "calendar",
            },
            {
                "id": "answered",
                "kind": "resolution_overdue",
                "severity": "urgent",
                "within_days": 30,
                "days": "calendar",
            },
            {
                "id": "answered-to-personal",
                "kind": "resolution_overdue",
                "severity": "urgent",
                "within_days": 3,
                "days": "calendar",
                "scope": {"customer_kind": ["personal"]},
                "escalate_after": {"days": 2},
            },
            {"id": "tier", "kind": "tier_changed", "severity": "notice"},
            {"id": "tier-down", "kind": "tier_changed", "severity": "warning", "direction": "down"},
            {"id": "moved", "kind": "address_moved", "severity": "notice"},
            {"id": "host-changed", "kind": "host_changed", "severity": "notice"},
            {
                "id": "host-of-personal",
                "kind": "host_changed",
                "severity": "notice",
                "scope": {"customer_kind": ["personal"]},
            },
            {"id": "interest", "kind": "repeated_interest", "severity": "notice", "count": 2, "days": 30},
            {
                "id": "interest-in-cards",
                "kind": "repeated_interest",
                "severity": "notice",
                "count": 3,
                "products": ["cards"],
                "unless_held": False,
            },
            {"id": "gap", "kind": "product_gap", "severity": "notice", "has": ["current"], "lacks": ["loan"]},
            {"id": "no-account", "kind": "product_gap", "severity": "notice", "has": ["loan"], "lacks": ["current"]},
            {"id": "silent", "kind": "no_contact", "severity": "notice", "days": 30},
            {
                "id": "silent-of-personal",
                "kind": "no_contact",
                "severity": "notice",
                "days": 2,
                "scope": {"customer_kind": ["personal"]},
            },
            {"id": "birthday", "kind": "birthday", "severity": "notice", "days_before": [30, 0]},
            {
                "id": "founding",
                "kind": "birthday",
                "severity": "notice",
                "days_before": 366,
                "scope": {"customer_kind": ["corporate"]},
                "expire_after": {"days": 40},
            },
            {"id": "dormancy", "kind": "dormancy", "severity": "warning", "days": 2},
            {
                "id": "dormancy-of-personal",
                "kind": "dormancy",
                "severity": "notice",
                "days": 31,
                "scope": {"customer_kind": ["personal"]},
            },
            {"id": "win-back", "kind": "win_back", "severity": "warning"},
            {"id": "no-guarantee", "kind": "win_back", "severity": "warning", "products": ["guarantee", "current"]},
        ]
    }
)
"""The rules on complaints, on the customer and on what he holds."""

NAMESPACE: Final = UUID("5a1f0c63-3d5e-4b8c-9f27-6c3b60a9e360")
"""Of alert ids: a person acts on an alert that he was told of by its id."""

ZONES: Final = ("UTC", "Europe/Prague", "Pacific/Kiritimati", "America/Sao_Paulo", "America/Havana")
"""Ahead of UTC and behind, with and without daylight saving; days that begin at 01:00, days with two midnights."""

OFFSETS: Final = (UTC, UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-11)))
BEGINNINGS: Final = (date(2017, 10, 14), date(2018, 2, 16), date(2020, 3, 28), date(2020, 12, 30))
"""Days before a change of the hour in some zone, a leap day near, a turn of the year."""

BALANCES: Final = ("0.00", "94999.99", "95000.00", "99999.99", "100000.00", "100000.01", "250000.00", "-12.34")
AMOUNTS: Final = ("49999.99", "50000.00", "50000.01", "-49999.99", "-50000.00", "-50000.01", "1.00", "0.00")
SUMS: Final = ("100.00", "50.00", "33.33", "0.01", "1000.00")
MATURITIES: Final = (-1, 0, 1, 29, 30, 31, 31, 32, 33, 45, 60)
"""Days from the event to the maturity it states."""

LEAPS: Final = ("nothing", "microsecond", "second", "hours", "to_midnight", "before_midnight", "days", "month")
CURRENCIES: Final = {
    "A1": "CZK", "A2": "JPY", "A3": "KWD", "L1": "EUR", "L2": "JPY", "G1": "CZK", "AC1": "EUR", "AC2": "KWD",
}  # fmt: skip
"""Entity -> the currency that a source which does not contradict itself names."""


def zones() -> st.SearchStrategy[str]:
    return st.sampled_from(ZONES)


@st.composite
def rule_files(draw: st.DrawFn) -> RuleFile:
    """The rules, with others of the same kinds beside them or not; now and then one is off, or missing."""
    left_out = draw(st.sampled_from([None] * 8 + list(range(4))))
    families = ((), MORE_RULES.rules, LENDING_RULES.rules, BALANCE_RULES.rules, RELATIONSHIP_RULES.rules)
    rules = [*RULES.rules, *draw(st.sampled_from(families))]
    if draw(st.integers(0, 3)) == 0:
        when = draw(st.sampled_from(sorted(CONDITIONS)))
        rules = [rule.model_copy(update={"when": when}) for rule in rules]
    if left_out is None:
        return RuleFile(rules=rules)
    if draw(st.booleans()):
        del rules[left_out]
    else:
        rules[left_out] = rules[left_out].model_copy(update={"enabled": False})
    return RuleFile(rules=rules)


@dataclass
class _Teller:
    """The sources: they know the time and the next number of each entity."""

    draw: st.DrawFn
    zone: ZoneInfo
    faithful: bool
    now: datetime
    customers: Sequence[str]
    seqs: dict[tuple[str, ...], int] = field(default_factory=dict)
    closed: set[tuple[str, str]] = field(default_factory=set)
    told: list[Event] = field(default_factory=list)

    def pick(self, values: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(values))

    def pass_time(self) -> None:
        local = self.now.astimezone(self.zone)
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), self.zone).astimezone(UTC)
        later = {
            "nothing": self.now,
            "microsecond": self.now + timedelta(microseconds=1),
            "second": self.now + timedelta(seconds=1),
            "hours": self.now + timedelta(hours=7, minutes=30),
            "to_midnight": midnight,
            "before_midnight": midnight - timedelta(microseconds=1),
            "days": self.now + timedelta(days=self.pick((1, 2, 28, 29, 30))),
            "month": self.now + timedelta(days=31),
        }[self.pick(LEAPS)]
        self.now = max(self.now, later)

    def day(self) -> date:
        return self.now.astimezone(self.zone).date()

    def seq(self, *entity: str) -> int:
        # A source that contradicts itself now and then gives two events one number.
        step = int(self.pick((1, 1, 1, 4) if self.faithful else (1, 1, 1, 4, 0)))
        self.seqs[entity] = seq = max(0, self.seqs.get(entity, -1) + step)
        return seq

    def currency(self, entity: str) -> str:
        if not self.faithful and self.pick((0, 0, 0, 0, 0, 1)):
            return str(self.pick(("CZK", "JPY", "EUR")))
        return CURRENCIES[entity]

    def tell(self, build: Callable[..., Event], **stated: Any) -> None:
        at = self.now.astimezone(self.pick(OFFSETS))
        self.told.append(build(occurred_at=at, **stated))


def _minor(text: str, currency: str) -> int:
    sign = -1 if text.startswith("-") else 1
    major, hundredths = text.lstrip("-").split(".")
    scale = (1, 10, 100, 1000)[CURRENCY_EXPONENTS[currency]]
    return sign * (int(major + hundredths) * scale // 100)


def _party(teller: _Teller, customer: str) -> None:
    of = {"customer_id": customer, "source_seq": teller.seq(customer)}
    stated: dict[str, Any] = {
        name: value
        for name, value in {
            "kind": teller.pick((None, "personal", "corporate")),
            "phone": teller.pick((None, "1", "2")),
            "vip": teller.pick((None, False, True)),
            "born_on": teller.pick((None, "1980-02-29", "2018-03-05", "1990-10-20")),
            "tier": teller.pick((None, None, "small", "top")),
            "address": teller.pick((None, "Main 1", "MAIN  1", "Side 2")),
            "home_branch": teller.pick((None, "B1", "B2")),
        }.items()
        if value is not None
    }
    if teller.pick((True, False)):
        teller.tell(builders.a_customer, name=teller.pick(("Ada", "Bob")), **of, **stated)
    else:
        teller.tell(builders.an_amendment, name=teller.pick((None, None, "Eva")), **of, **stated)


def _relationship(teller: _Teller, customer: str) -> None:
    relationship = teller.pick(("R1", "R2", "R3"))
    of = {
        "customer_id": customer,
        "relationship_id": relationship,
        "source_seq": teller.seq(customer, relationship),
    }
    if teller.pick((True, True, False)):
        role = teller.pick(("host", "host", "host", "co_host", "signatory"))
        account = teller.pick((None, "A1")) if role == "signatory" else None
        teller.tell(builders.a_relationship, role=role, party_id=teller.pick(("M1", "M2")), account_id=account, **of)
    else:
        teller.tell(builders.a_relationship_end, **of)


def _maturity(teller: _Teller) -> date:
    return teller.day() + timedelta(days=teller.pick(MATURITIES))


def _account(teller: _Teller, customer: str) -> None:  # noqa: C901 - a branch per type of event
    account = teller.pick(("A1", "A1", "A2", "A3"))
    kind = teller.pick(("open", "entry", "entry", "entry", "balance", "terms", "freeze", "unfreeze", "close"))
    if teller.faithful and kind in ("open", "close"):
        # Which terms are in force after a second opening depends on the order when closings stand between.
        if (customer, account) in teller.closed:
            return
        if kind == "close":
            teller.closed.add((customer, account))
    of = {"customer_id": customer, "account_id": account, "source_seq": teller.seq(customer, account)}
    currency = teller.currency(account)
    balance = _minor(teller.pick(BALANCES), currency)
    match kind:
        case "open":
            maturity = teller.pick((None, _maturity(teller)))
            teller.tell(builders.an_account, currency=currency, maturity_on=maturity, opened_on=teller.day(), **of)
        case "entry":
            amount = _minor(teller.pick(AMOUNTS), currency)
            stated = {"amount_minor": amount, "balance_minor": balance, "currency": currency, "booked_on": teller.day()}
            teller.tell(builders.an_entry, **stated, **of)
        case "balance":
            teller.tell(builders.a_balance, balance_minor=balance, currency=currency, **of)
        case "terms":
            teller.tell(builders.new_terms, maturity_on=teller.pick((None, _maturity(teller))), **of)
        case "freeze":
            amount = _minor(teller.pick(SUMS), currency) or 1
            freeze = teller.pick(("F1", "F2"))
            teller.tell(builders.a_freeze, freeze_id=freeze, amount_minor=amount, currency=currency, **of)
        case "unfreeze":
            teller.tell(builders.an_unfreeze, freeze_id=teller.pick(("F1", "F2")), **of)
        case "close":
            teller.tell(builders.a_closure, closed_on=teller.day(), **of)


def _loan(teller: _Teller, customer: str) -> None:
    contract, drawdown = teller.pick((("L1", "D1"), ("L1", "D1"), ("L1", "D2"), ("L2", "D1")))
    kind = teller.pick(("sign", "draw", "draw", "repay", "repay", "miss", "settle"))
    currency = teller.currency(contract)
    if not teller.faithful and not teller.draw(st.integers(0, 9)):
        contract = "L1/drawdown:D1"
    of: dict[str, Any] = {"customer_id": customer, "contract_id": contract}
    amount = _minor(teller.pick(SUMS), currency) or 1
    if kind == "sign":
        of["source_seq"] = teller.seq(customer, contract)
        teller.tell(builders.a_contract, limit_minor=amount, currency=currency, **of)
        return
    of |= {"drawdown_id": drawdown, "source_seq": teller.seq(customer, contract, drawdown)}
    match kind:
        case "draw":
            stated = {"amount_minor": amount, "currency": currency, "drawn_on": teller.day()}
            teller.tell(builders.a_drawdown, maturity_on=_maturity(teller), **stated, **of)
        case "repay":
            stated = {"amount_minor": amount, "currency": currency, "arrears_minor": teller.pick((0, 0, 5))}
            teller.tell(builders.a_repayment, **stated, **of)
        case "miss":
            teller.tell(builders.a_missed_instalment, arrears_minor=amount, currency=currency, **of)
        case "settle":
            teller.tell(builders.a_settlement, settled_on=teller.day(), **of)


def _guarantee(teller: _Teller, customer: str) -> None:
    kind = teller.pick(("issue", "issue", "amend", "call", "release"))
    if teller.faithful and kind in ("issue", "release"):
        # As with accounts: which expiry is in force after a second issue depends on the order.
        if (customer, "G1") in teller.closed:
            return
        if kind == "release":
            teller.closed.add((customer, "G1"))
    currency = teller.currency("G1")
    of = {"customer_id": customer, "contract_id": "G1", "source_seq": teller.seq(customer, "G1")}
    amount = _minor(teller.pick(SUMS), currency) or 1
    match kind:
        case "issue":
            expires = teller.pick((None, _maturity(teller)))
            teller.tell(builders.a_guarantee, amount_minor=amount, currency=currency, expires_on=expires, **of)
        case "amend":
            stated = {
                "amount_minor": teller.pick((None, amount)),
                "expires_on": teller.pick((None, _maturity(teller))),
                "beneficiary": teller.pick((None, "Railways")),
            }
            teller.tell(builders.a_guarantee_amendment, currency=currency, **stated, **of)
        case "call":
            teller.tell(builders.a_guarantee_call, called_minor=amount, currency=currency, **of)
        case "release":
            ground = teller.pick(("expired", "returned", "paid"))
            teller.tell(builders.a_guarantee_release, ground=ground, released_on=teller.day(), **of)


def _acceptance(teller: _Teller, customer: str) -> None:
    contract, bill = teller.pick((("AC1", "B1"), ("AC1", "B1"), ("AC1", "B2"), ("AC2", "B1")))
    kind = teller.pick(("accept", "accept", "pay", "settle"))
    currency = teller.currency(contract)
    if not teller.faithful and not teller.draw(st.integers(0, 9)):
        contract = "AC1/bill:B1"
    entity = {"customer_id": customer, "contract_id": contract, "bill_id": bill}
    of = entity | {"source_seq": teller.seq(customer, contract, bill)}
    amount = _minor(teller.pick(SUMS), currency) or 1
    match kind:
        case "accept":
            stated = {"amount_minor": amount, "currency": currency, "payee": teller.pick((None, "Mill"))}
            teller.tell(builders.a_bill, maturity_on=_maturity(teller), **stated, **of)
        case "pay":
            teller.tell(builders.a_bill_payment, paid_minor=amount, currency=currency, **of)
        case "settle":
            teller.tell(builders.a_bill_settlement, settled_on=teller.day(), **of)


def _collateral(teller: _Teller, customer: str) -> None:
    contract, pledge = teller.pick((("L1", "P1"), ("L1", "P1"), ("L1", "P2"), ("L2", "P1")))
    kind = teller.pick(("pledge", "pledge", "value", "value", "release"))
    currency = teller.currency(contract)
    entity = {"customer_id": customer, "contract_id": contract, "collateral_id": pledge}
    of = entity | {"source_seq": teller.seq(customer, contract, pledge)}
    value = _minor(teller.pick(("0.00", *SUMS)), currency)
    match kind:
        case "pledge":
            stated = {
                "value_minor": value,
                "currency": currency,
                "cover_percent": teller.pick((100, 120)),
                "description": teller.pick((None, "Barn")),
            }
            teller.tell(builders.a_pledge, pledged_on=teller.day(), **stated, **of)
        case "value":
            teller.tell(builders.a_valuation, value_minor=value, currency=currency, valued_on=teller.day(), **of)
        case "release":
            teller.tell(builders.a_collateral_release, released_on=teller.day(), **of)


def _interaction(teller: _Teller, customer: str) -> None:
    source = teller.pick(("call-centre", "e-bank"))
    of = {"customer_id": customer, "source": source, "source_seq": teller.seq(customer, source)}
    match teller.pick(("contact", "contact", "campaign", "interest", "score")):
        case "contact":
            outcome = teller.pick(("reached", "not_reached", "agreed"))
            teller.tell(builders.a_contact, outcome=outcome, note=teller.pick((None, "called back")), **of)
        case "campaign":
            teller.tell(builders.a_campaign_answer, response=teller.pick(("accepted", "declined")), **of)
        case "interest":
            teller.tell(builders.an_interest, product=teller.pick(("mortgage", "cards")), **of)
        case "score":
            teller.tell(builders.a_score, score=teller.pick((0, 10)), **of)


def _complaint(teller: _Teller, customer: str) -> None:
    complaint = teller.pick(("K1", "K2"))
    kind = teller.pick(("receive", "receive", "update", "resolve", "withdraw"))
    of = {"customer_id": customer, "complaint_id": complaint, "source_seq": teller.seq(customer, complaint)}
    match kind:
        case "receive":
            of |= {"product": teller.pick(("Credit card", "Credit card", "Mortgage"))}
            teller.tell(builders.a_complaint, content=teller.pick(("late", "rude")), received_on=teller.day(), **of)
        case "update":
            progress = teller.pick((None, "open", "in_progress"))
            teller.tell(builders.a_complaint_update, progress=progress, content=teller.pick((None, "both")), **of)
        case "resolve":
            resolution = teller.pick((None, "sorry"))
            teller.tell(builders.a_resolution, resolution=resolution, resolved_on=teller.day(), **of)
        case "withdraw":
            teller.tell(builders.a_withdrawal, withdrawn_on=teller.day(), **of)


def _burst(teller: _Teller, customer: str) -> None:
    """More additive events of one entity than its window holds."""
    how_many = teller.pick((31, 32, 33, 36))
    entity = teller.pick(("account", "drawdown", "contacts"))
    if entity == "contacts":
        for _ in range(how_many):
            teller.seqs[customer, "e-bank"] = seq = teller.seqs.get((customer, "e-bank"), -1) + 1
            build = builders.a_contact if seq % 3 else builders.an_interest
            teller.tell(build, customer_id=customer, source="e-bank", source_seq=seq)
        return
    if entity == "account":
        for _ in range(how_many):
            teller.seqs[customer, "A1"] = seq = teller.seqs.get((customer, "A1"), -1) + 1
            # Around the level, so that a crossing depends on what has come before it.
            stated = {"amount_minor": 100, "balance_minor": _minor(BALANCES[seq % len(BALANCES)], "CZK")}
            teller.tell(builders.an_entry, customer_id=customer, account_id="A1", source_seq=seq, **stated)
        return
    for _ in range(how_many):
        teller.seqs[customer, "L1", "D1"] = seq = teller.seqs.get((customer, "L1", "D1"), -1) + 1
        of = {"customer_id": customer, "contract_id": "L1", "drawdown_id": "D1", "source_seq": seq}
        if seq % 5 == 0:
            teller.tell(builders.a_missed_instalment, arrears_minor=seq + 1, currency="EUR", **of)
        else:
            teller.tell(builders.a_repayment, amount_minor=1 + seq, currency="EUR", **of)


def _action(teller: _Teller, customer: str) -> None:
    """Somebody does something with an alert that was told of, or might have been."""
    names = [f"complaint-reminder|{customer}|complaint:{complaint}|received" for complaint in ("K1", "K2")]
    names += ["large-entry|C1|account:A1|nothing"]
    for event in teller.told[-8:]:
        if isinstance(event, AccountEntryBooked) and event.customer_id == customer:
            cause = f"{event.source}:{event.source_seq}"
            names += [
                f"{rule}|{customer}|account:{event.account_id}|{cause}" for rule in ("large-entry", "large-balance")
            ]
        if isinstance(event, LoanDrawnDown) and event.customer_id == customer:
            subject = f"loan:{event.contract_id}/drawdown:{event.drawdown_id}"
            names.append(f"maturity|{customer}|{subject}|{event.maturity_on.isoformat()}")
    alert_id = str(uuid5(NAMESPACE, teller.pick(names)))
    of = {"customer_id": customer, "source_seq": teller.seq(customer, alert_id), "actor": teller.pick(("M1", "M2"))}
    match teller.pick(("acknowledge", "acknowledge", "snooze", "snooze", "dismiss", "resolve")):
        case "acknowledge":
            teller.tell(builders.an_acknowledgement, alert_id=alert_id, note=teller.pick((None, "mine")), **of)
        case "snooze":
            teller.tell(
                builders.a_snooze, alert_id=alert_id, until=teller.now + timedelta(days=teller.pick((1, 3))), **of
            )
        case "dismiss":
            teller.tell(builders.a_dismissal, alert_id=alert_id, **of)
        case "resolve":
            teller.tell(builders.an_alert_resolution, alert_id=alert_id, **of)


def _tick(teller: _Teller, customer: str) -> None:
    teller.told.append(builders.a_tick(teller.now, source_seq=len(teller.told)))


_FAMILIES: Final = (
    *(_account, _account, _account, _loan, _loan, _relationship, _relationship),
    *(_party, _party, _complaint, _complaint, _action, _action, _tick),
    *(_guarantee, _acceptance, _collateral, _interaction),
)


@st.composite
def histories(
    draw: st.DrawFn, zone: str = "UTC", *, faithful: bool = True, most: int = 32, customers: int = 2, bursts: int = 1
) -> list[Event]:
    """Events and ticks in the order of their instants.

    A faithful source numbers each event of an entity anew, names one currency per entity and opens no account again;
    one that is not does anything a contract allows. At most `bursts` times an entity's window overflows.
    """
    first = datetime.combine(draw(st.sampled_from(BEGINNINGS)), time(12), UTC)
    names = [f"C{number}" for number in range(1, customers + 1)]
    teller = _Teller(draw, ZoneInfo(zone), faithful, first, names)
    left = bursts if draw(st.integers(0, 3)) == 3 else 0
    for _ in range(draw(st.integers(1, most))):
        teller.pass_time()
        family = draw(st.sampled_from((*_FAMILIES, *([_burst] * bool(left)))))
        left -= family is _burst
        family(teller, draw(st.sampled_from((names[0], *names))))
    return teller.told


def entity_of(event: Event) -> tuple[str, ...]:
    """What orders the event: customer, account, contract, drawdown, complaint, relationship; the clock is one too."""
    if isinstance(event, ClockTicked):
        return ("clock",)
    if isinstance(event, AlertAction):
        return (event.customer_id, "alert-actions", str(event.alert_id))
    names = ("relationship_id", "account_id", "contract_id", "drawdown_id", "bill_id", "collateral_id", "complaint_id")
    parts = [str(getattr(event, name)) for name in names if getattr(event, name, None)]
    if isinstance(event, CustomerEvent):
        parts = parts[:1]
    if isinstance(event, InteractionEvent):
        parts = [event.source]
    return (event.customer_id, builders.topic_of(event), *parts)


@st.composite
def disordered(draw: st.DrawFn, events: Sequence[Event], *, within: int | None = None) -> list[Event]:
    """The events in another order. `within`: each moves by fewer places of its own entity than that."""
    if within is None:
        how = draw(st.sampled_from(("shuffled", "reversed", "moved")))
        if how == "reversed":
            return list(reversed(events))
        if how == "shuffled":
            shuffled = list(events)
            draw(st.randoms(use_true_random=False)).shuffle(shuffled)
            return shuffled
        moved = list(events)
        for _ in range(draw(st.integers(0, 6))):
            index = st.integers(0, len(moved) - 1)
            moved.insert(draw(index), moved.pop(draw(index)))
        return moved
    places: dict[tuple[str, ...], list[int]] = {}
    for place, event in enumerate(events):
        places.setdefault(entity_of(event), []).append(place)
    told = list(events)
    random = draw(st.randoms(use_true_random=False))
    for of_entity in places.values():
        for begin in range(0, len(of_entity), within):
            block = of_entity[begin : begin + within]
            for place, source in zip(block, random.sample(block, len(block)), strict=True):
                told[place] = events[source]
    return told


@st.composite
def repeated(draw: st.DrawFn, events: Sequence[Event], *, most: int = 6) -> list[Event]:
    """The events, some of them told again later, as records of their own."""
    told = list(events)
    for _ in range(draw(st.integers(0, most))):
        source = draw(st.integers(0, len(told) - 1))
        told.insert(draw(st.integers(source + 1, len(told))), told[source])
    return told


def recorded(events: Sequence[Event], topic_id: str = "topic-1") -> list[Record]:
    """The events as records of one partition: an offset each in their topic, with gaps as markers leave them.

    Another `topic_id` is another topic of the same name: its offsets begin anew.
    """
    counts: dict[str, int] = {}
    records = []
    for event in events:
        topic = builders.topic_of(event)
        count = counts[topic] = counts.get(topic, -1) + 1
        records.append(Record(event, topic, count + count // 3, topic_id))
    return records


@st.composite
def redelivered(draw: st.DrawFn, records: Sequence[Record]) -> list[Record]:
    """The records, stretches of them delivered again at the same offsets, at once or later."""
    delivered_so_far = list(records)
    for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
        end = draw(st.integers(1, len(delivered_so_far)))
        begin = draw(st.integers(max(0, end - 6), end - 1))
        place = draw(st.sampled_from((end, end, len(delivered_so_far))))
        delivered_so_far[place:place] = delivered_so_far[begin:end]
    return delivered_so_far


def delivered(records: Sequence[Record]) -> list[Delivery]:
    """The records in the order given, with the clock as it runs."""
    deliveries: list[Delivery] = []
    for record in records:
        at = record.event.occurred_at
        deliveries.append(Delivery(record, max(at, deliveries[-1].at) if deliveries else at))
    return deliveries

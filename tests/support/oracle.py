"""The naive oracle: recomputes all views and alerts from the list of delivered records, as ARCHITECTURE.md says.

It keeps the list of what was told and looks everything up in it again and again; slow on purpose, so that nothing in it
is clever. It imports contracts and shares no code with the engine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from schemas.acceptances import AcceptanceAccepted, AcceptanceEvent, AcceptancePaid, AcceptanceSettled
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
from schemas.actions import AlertAction, AlertSnoozed
from schemas.alerts import COMPLAINTS_DESK, CUSTOMER_DESK, AlertKind
from schemas.base import CURRENCY_EXPONENTS
from schemas.clock import ClockTicked
from schemas.collateral import CollateralEvent, CollateralPledged, CollateralReleased, CollateralValued
from schemas.complaints import (
    ComplaintEvent,
    ComplaintReceived,
    ComplaintResolved,
    ComplaintUpdated,
    ComplaintWithdrawn,
)
from schemas.customers import (
    CustomerAmended,
    CustomerEvent,
    CustomerRegistered,
    RelationshipAssigned,
    RelationshipEnded,
)
from schemas.events import Event
from schemas.guarantees import (
    GuaranteeAmended,
    GuaranteeCalled,
    GuaranteeEvent,
    GuaranteeIssued,
    GuaranteeReleased,
)
from schemas.interactions import CampaignAnswered, ContactMade, InteractionEvent, InterestShown, SatisfactionScored
from schemas.loans import (
    LoanContractSigned,
    LoanDrawnDown,
    LoanEvent,
    LoanInstalmentMissed,
    LoanRepaid,
    LoanSettled,
)
from schemas.rules import (
    AcceptanceMaturityRule,
    AcknowledgementOverdueRule,
    AheadRule,
    ArrearsRule,
    CollateralBelowCoverRule,
    ComplaintReminderRule,
    DrawnOverLimitRule,
    FreezePlacedRule,
    GuaranteeExpiryRule,
    InstalmentMissedRule,
    LargeBalanceRule,
    LargeDrawdownRule,
    LargeEntryRule,
    LimitNearlyDrawnRule,
    MaturityRule,
    NoContactRule,
    ResolutionOverdueRule,
    Rule,
    RuleFile,
    Wait,
)
from schemas.topics import INPUT_TOPICS, TOPIC_OF_ALERT
from tests.support.oracle_balance import BalanceRules
from tests.support.oracle_past import closings, stated_on, timeline
from tests.support.oracle_recurring import BIRTHDAY, DORMANCY, RecurringRules
from tests.support.oracle_relationship import RelationshipRules

__all__ = [
    "Delivery",
    "Expected",
    "Policy",
    "Record",
    "Sections",
    "expected",
    "expected_in_order",
    "in_order",
    "products",
    "totals",
]

WINDOW: Final = 32
DESKS: Final = (CUSTOMER_DESK, COMPLAINTS_DESK)
OPEN: Final = ("raised", "acknowledged", "snoozed")
Section = dict[str, Any]
Sections = dict[str, Section]
AnyRule = TypeVar("AnyRule", LargeBalanceRule, LargeEntryRule, MaturityRule, ComplaintReminderRule)


@dataclass(frozen=True)
class Policy:
    """What the bank decides: its rules, the zone of its days, since when alerts are raised; their ids' namespace."""

    rules: RuleFile
    zone: tzinfo
    namespace: UUID
    raise_after: datetime | None = None
    closed_alert_days: int | None = None
    in_force_since: Mapping[str, datetime] = field(default_factory=dict)
    """Rule -> the clock at which it came into force; ever, when it is not there."""
    holidays: frozenset[date] = frozenset()
    counts_working_days: bool = False
    """Whether rules ahead of a day, and on limits of complaints, count days of the week but for these holidays."""
    heads: Mapping[str, str] = field(default_factory=dict)
    """Branch -> who heads it."""
    branches: Mapping[str, str] = field(default_factory=dict)
    """Manager -> branch."""

    def in_force(self) -> list[Rule]:
        """The rules that are on, in their order."""
        return [rule for rule in self.rules.rules if rule.enabled]

    def rule(self, kind: type[AnyRule]) -> AnyRule | None:
        """The rule of a kind, when it is in force."""
        for rule in self.rules.rules:
            if isinstance(rule, kind) and rule.enabled:
                return rule
        return None


@dataclass(frozen=True)
class Record:
    """An event at its position."""

    event: Event
    topic: str
    offset: int
    topic_id: str = "topic-1"
    partition: int = 0


@dataclass(frozen=True)
class Delivery:
    """A record, and the partition's clock when it was delivered."""

    record: Record
    at: datetime


@dataclass
class Expected:
    """What must be there in the end."""

    views: dict[str, Sections] = field(default_factory=dict)
    """Customer -> section name -> section; without `as_of`, and without `deadlines` when nothing is due
    and `holdings` when nothing is held."""
    alerts: dict[tuple[str, str], list[Section]] = field(default_factory=dict)
    """(alert topic, customer) -> the records published, in order; proofs without `as_of`."""
    outcomes: list[str] = field(default_factory=list)
    """folded, late, refused or redelivered, one per delivery of a customer's event, in order."""


def expected(
    deliveries: Sequence[Delivery],
    policy: Policy,
    until: datetime | None = None,
    changed: tuple[int, Policy] | None = None,
) -> Expected:
    """What `deliveries`, in the order given, end in; the clock stands at `until`, else at the last `at`, in the end.

    `changed`: before so many deliveries the first policy held, and from there on another one.
    """
    end = until or max((delivery.at for delivery in deliveries), default=datetime.min.replace(tzinfo=UTC))
    result = Expected()
    customers: dict[str, _Customer] = {}
    for number, delivery in enumerate(deliveries):
        if changed is not None and number == changed[0]:
            for customer in customers.values():
                customer.fire(deliveries[number - 1].at)
                customer.policy = changed[1]
            policy = changed[1]
        event = delivery.record.event
        if isinstance(event, ClockTicked):
            continue
        customer = customers.setdefault(event.customer_id, _Customer(event.customer_id, policy))
        result.outcomes.append(customer.deliver(delivery))
    for customer_id, customer in customers.items():
        customer.fire(end)
        result.views[customer_id] = customer.sections()
        for topic, alert in customer.published:
            result.alerts.setdefault((topic, customer_id), []).append(alert)
    return result


def expected_in_order(history: Iterable[Record], policy: Policy) -> Expected:
    """What a history (any number of topics of one partition) ends in when it is merged as a partition merges it."""
    return expected(in_order(history), policy)


def in_order(history: Iterable[Record]) -> list[Delivery]:
    """The records merged by their topics' heads, and the event clock at each."""
    topics: dict[str, list[Record]] = {}
    for record in sorted(history, key=lambda record: record.offset):
        topics.setdefault(record.topic, []).append(record)
    merged: list[Delivery] = []
    while heads := [records[0] for records in topics.values() if records]:
        first = min(heads, key=lambda head: (head.event.occurred_at, INPUT_TOPICS.index(head.topic)))
        record = topics[first.topic].pop(0)
        merged.append(Delivery(record, max([record.event.occurred_at, *(told.at for told in merged[-1:])])))
    return merged


def totals(sections: Sections) -> Section:
    """The summary's totals, recomputed from the other sections."""
    accounts = [section for name, section in sections.items() if name.startswith("account:")]
    loans = [section for name, section in sections.items() if name.startswith("loan:")]
    complaints = [section for name, section in sections.items() if name.startswith("complaint:")]
    alerts = [section for name, section in sections.items() if name.startswith("alert:")]
    balances = {account["currency"]: 0 for account in accounts if account["currency"]}
    for account in accounts:
        if account["status"] != "closed" and account["balance_minor"] is not None:
            balances[account["currency"]] += account["balance_minor"]
    outstanding = {loan["currency"]: 0 for loan in loans if loan["currency"]}
    for loan in loans:
        if loan["currency"]:
            outstanding[loan["currency"]] += loan["outstanding_minor"]
    return _seldom_totals(sections) | {
        "accounts": sum(account["status"] != "closed" for account in accounts),
        "loans": sum(loan["status"] != "settled" for loan in loans),
        "complaints": sum(complaint["status"] in ("open", "in_progress") for complaint in complaints),
        "alerts": len(alerts),
        "unaddressed": sum(alert["to"] in DESKS and alert["state"] in OPEN for alert in alerts),
        "balance_minor": balances,
        "outstanding_minor": outstanding,
    }


def _seldom_totals(sections: Sections) -> Section:
    """What stands in the totals only of those who ever had such contracts."""
    result: Section = {}
    guarantees = [section for name, section in sections.items() if name.startswith("guarantee:")]
    acceptances = [section for name, section in sections.items() if name.startswith("acceptance:")]
    collateral = [section for name, section in sections.items() if name.startswith("collateral:")]
    binding = [guarantee for guarantee in guarantees if guarantee["status"] in ("open", "called")]
    if guarantees:
        result["guarantees"] = len(binding)
    if acceptances:
        result["acceptances"] = sum(acceptance["status"] == "open" for acceptance in acceptances)
    for name, sections_met, amounts in (
        ("guaranteed_minor", guarantees, [(one["currency"], one["amount_minor"] or 0) for one in binding]),
        ("accepted_minor", acceptances, [(one["currency"], one["outstanding_minor"]) for one in acceptances]),
        ("collateral_minor", collateral, [(one["currency"], one["value_minor"]) for one in collateral]),
    ):
        currencies = {section["currency"] for section in sections_met if section["currency"]}
        if currencies:
            result[name] = {code: sum(minor for of, minor in amounts if of == code) for code in currencies}
    return result


def products(sections: Sections) -> dict[str, int]:
    """What is held, recomputed from the other sections."""
    held = [
        section["product"]
        for name, section in sections.items()
        if name.startswith("account:") and section["status"] != "closed" and section["product"]
    ]
    for product, over in (("loan", ("settled",)), ("guarantee", ("released", "expired")), ("acceptance", ("settled",))):
        living = [
            section
            for name, section in sections.items()
            if name.startswith(f"{product}:") and section["status"] not in over
        ]
        held += [product] * len(living)
    return {product: held.count(product) for product in held}


@dataclass
class _Due:
    on: date
    stated: Record
    told: int | None = None
    """The number of days before with which it was last looked at."""
    at: datetime | None = None
    """The instant, where one falls due, not a day."""


@dataclass
class _Wait:
    """What an alert waits for."""

    since: datetime
    position: list[Any]
    told: timedelta | None = None
    token: str = ""
    """Of the lead with which it was last looked at."""


class _Customer(BalanceRules, RelationshipRules, RecurringRules):
    new_due = _Due

    def __init__(self, customer_id: str, policy: Policy) -> None:
        self.customer_id = customer_id
        self.policy = policy
        self.told: list[Record] = []
        """What was accepted: neither redelivered nor refused nor late."""
        self.applied: dict[str, list[Any]] = {}
        self.disarmed: dict[tuple[str, str], str] = {}
        """(account, rule) -> the cause of the alert after which the rule has not been armed again."""
        self.remembered: dict[tuple[str, str], Section] = {}
        """(section, rule) -> what the rule remembers there."""
        self.counted_in: dict[tuple[str, str], list[tuple[date, int]]] = {}
        self.stood_at: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self.due: dict[str, _Due] = {}
        self.alerts: Sections = {}
        self.waits: dict[tuple[str, str], _Wait] = {}
        """(alert id, wake, escalate:<rule>, expire:<rule> or forget) -> since when."""
        self.at = datetime.min.replace(tzinfo=UTC)
        self.overlooked = False
        self.published: list[tuple[str, Section]] = []

    def deliver(self, delivery: Delivery) -> str:  # noqa: C901, PLR0912 - a branch per kind of rule
        record, event = delivery.record, delivery.record.event
        self.fire(delivery.at)
        topic_id, newest = self.applied.get(record.topic, ["", -1])
        if topic_id == record.topic_id and record.offset <= newest:
            return "redelivered"
        self.applied[record.topic] = [record.topic_id, record.offset]
        if self._refused(event):
            return "refused"
        if self._late(event):
            return "late"
        self.at, self.overlooked = delivery.at, False
        before = list(self.told)
        host = self.host()
        self.told.append(record)
        if isinstance(event, AlertAction):
            self._act(event, record)
        if isinstance(event, CustomerEvent):
            self._address(host, record)
        for rule in self.policy.in_force():
            self.judge_balance(rule, record, before)
            self.judge_relationship(rule, record, before)
            self.judge_recurring(rule, record, before)
            match rule:
                case LargeBalanceRule():
                    self._cross_level(rule, record, before)
                case LargeEntryRule():
                    self._judge_entry(rule, record, before)
                case ComplaintReminderRule():
                    self._remind(rule, record, before)
                case AheadRule():
                    self._end_ahead(rule, record, before)
                case NoContactRule():
                    self._end_silence(rule, record, before)
                case AcknowledgementOverdueRule() | ResolutionOverdueRule():
                    self._end_overdue(rule, record, before)
                case LimitNearlyDrawnRule() | DrawnOverLimitRule() | ArrearsRule():
                    self._contract_level(rule, record, before)
                case LargeDrawdownRule():
                    self._judge_drawdown(rule, record, before)
                case InstalmentMissedRule():
                    self._judge_instalment(rule, record, before)
                case FreezePlacedRule():
                    self._judge_freeze(rule, record, before)
                case CollateralBelowCoverRule():
                    self._judge_cover(rule, record, before)
        if isinstance(event, ContactMade):
            self._state_contact(record, before)
        elif isinstance(event, ComplaintEvent):
            self._state_limits(record)
        else:
            self._state_days(record)
        self.state_recurring(record, before)
        return "late" if self.overlooked else "folded"

    # -- what is not folded --

    def _refused(self, event: Any) -> bool:
        if isinstance(event, AlertAction):
            alert = self.alerts.get(str(event.alert_id))
            is_known = alert is not None and event.source_seq <= (alert["life"] or {"seq": -1})["seq"]
            return alert is None or (alert["state"] not in OPEN and not is_known)
        section = _section_of(event)
        known = _currency([told.event for told in self.told if _section_of(told.event) == section])
        named = getattr(event, "currency", None)
        is_ambiguous = (isinstance(event, LoanEvent) and "/drawdown:" in event.contract_id) or (
            isinstance(event, AcceptanceEvent) and "/bill:" in event.contract_id
        )
        return is_ambiguous or bool(known and named and known != named)

    def _additive(self, event: Any, among: Iterable[Record]) -> list[Any]:
        """The additive events told about the entity of this additive event."""
        if isinstance(event, AccountEntryBooked):
            return [
                told.event
                for told in among
                if isinstance(told.event, AccountEntryBooked) and told.event.account_id == event.account_id
            ]
        if isinstance(event, LoanRepaid | LoanInstalmentMissed):
            return [
                told.event
                for told in among
                if isinstance(told.event, LoanRepaid | LoanInstalmentMissed)
                and (told.event.contract_id, told.event.drawdown_id) == (event.contract_id, event.drawdown_id)
            ]
        if isinstance(event, InteractionEvent):
            return [
                told.event
                for told in among
                if isinstance(told.event, InteractionEvent) and told.event.source == event.source
            ]
        return []

    def _late(self, event: Any) -> bool:
        seqs = sorted({told.source_seq for told in self._additive(event, self.told)})
        return len(seqs) >= WINDOW and event.source_seq < seqs[-WINDOW]

    # -- sections --

    def sections(self) -> Sections:  # noqa: C901 - a branch per family of events
        sections: Sections = {f"alert:{alert_id}": alert for alert_id, alert in self.alerts.items()}
        if any(isinstance(told.event, CustomerEvent) for told in self.told):
            sections["profile"] = self.profile()
        for told in self.told:
            name, event = _section_of(told.event), told.event
            if isinstance(event, AccountEvent):
                sections[name] = self.account(event.account_id)
            elif isinstance(event, LoanEvent):
                sections[name] = self.loan(event.contract_id)
            elif isinstance(event, ComplaintEvent):
                sections[name] = self.complaint(event.complaint_id)
            elif isinstance(event, GuaranteeEvent):
                sections[name] = self.guarantee(event.contract_id)
            elif isinstance(event, AcceptanceEvent):
                sections[name] = self.acceptance(event.contract_id)
            elif isinstance(event, CollateralEvent):
                sections[name] = self.collateral(event.contract_id)
            elif isinstance(event, InteractionEvent):
                sections[name] = self.interactions()
        sections |= self._past(sections)
        if held := products(sections):
            sections["holdings"] = {"products": held}
        days = [due.on.isoformat() for key, due in self.due.items() if due.told is None and "|" not in key]
        sections["summary"] = {
            "totals": totals(sections),
            "due_on": min(days) if days else None,
            "applied": self.applied,
        }
        if self.due or self.waits:
            sections["deadlines"] = {
                "due": {
                    subject: {
                        "on": due.on.isoformat(),
                        "stated_at": _text(due.stated.event.occurred_at),
                        "cause": [due.stated.topic, due.stated.partition, due.stated.offset],
                    }
                    | ({} if due.at is None else {"at": _text(due.at)})
                    | ({} if due.told is None else {"told": f"{-due.told:+}{self._unit(subject)}"})
                    for subject, due in self.due.items()
                }
                | {f"alert:{alert_id}|{kind}": self._part(wait) for (alert_id, kind), wait in self.waits.items()}
            }
        return sections

    def _past(self, sections: Sections) -> Sections:
        past: Sections = {}
        for account in [section for name, section in sections.items() if name.startswith("account:")]:
            account_id, currency = account["account_id"], account["currency"]
            every = [told.event for told in self.told]
            of_account = [event for event in every if getattr(event, "account_id", None) == account_id]
            if found := closings(of_account, self._day_of):
                history = {"account_id": account_id, "currency": currency, "closings": found}
                past[f"history:{account_id}"] = history
        if events := timeline(told.event for told in self.told):
            past["timeline"] = {"events": events}
        return past

    def _unit(self, key: str) -> str:
        """In what the rules on such a deadline count."""
        is_counted = key.partition("|")[2] not in ("contact", "dormancy")
        return "wd" if self.policy.counts_working_days and is_counted else "d"

    def _part(self, wait: _Wait) -> Section:
        since = _text(wait.since)
        part = {"on": since[:10], "stated_at": since, "cause": wait.position, "at": since}
        return part if wait.told is None else part | {"told": wait.token}

    def profile(self) -> Section:
        profile: Section = {"order": {}}
        party = [told.event for told in self.told if isinstance(told.event, CustomerRegistered | CustomerAmended)]
        for name in (
            "name",
            "kind",
            "registered_on",
            "born_on",
            "document_number",
            "organisation_code",
            "phone",
            "email",
            "address",
            "home_branch",
            "vip",
            "tier",
        ):
            _state(profile, name, party, _field(name))
        relationships: Sections = {}
        links = [told.event for told in self.told if isinstance(told.event, RelationshipAssigned | RelationshipEnded)]
        for link in links:
            of_link = [event for event in links if event.relationship_id == link.relationship_id]
            assigned = _newest(event for event in of_link if isinstance(event, RelationshipAssigned))
            last = _newest(of_link)
            assert last is not None
            relationships[link.relationship_id] = {
                "role": assigned.role.value if assigned else None,
                "party_id": assigned.party_id if assigned else None,
                "account_id": assigned.account_id if assigned else None,
                "since": _text(assigned.occurred_at) if assigned else None,
                "active": isinstance(last, RelationshipAssigned),
                "seq": last.source_seq,
                "assigned_seq": assigned.source_seq if assigned else -1,
            }
        profile["relationships"] = relationships
        current = {key: part for key, part in relationships.items() if part["active"]}
        hosts = [
            (datetime.fromisoformat(part["since"]), key, part["party_id"])
            for key, part in current.items()
            if part["role"] == "host"
        ]
        profile["host_manager"] = max(hosts)[2] if hosts else None
        for name, role in (("co_hosts", "co_host"), ("signatories", "signatory")):
            profile[name] = sorted({part["party_id"] for part in current.values() if part["role"] == role})
        if rules := self._remembered_in("profile"):
            profile["rules"] = rules
        return profile

    def account(self, account_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, AccountEvent) and event.account_id == account_id)
        account: Section = {"account_id": account_id, "currency": _currency(events), "order": {}}
        _state(account, "opened_on", events, _field("opened_on"))
        _state(account, "closed_on", events, _field("closed_on"))
        life = _newest(event for event in events if isinstance(event, AccountOpened | AccountClosed))
        terms = _newest(event for event in events if isinstance(event, AccountOpened | AccountTermsChanged))
        balance = _newest(event for event in events if isinstance(event, AccountEntryBooked | AccountBalanceReported))
        for name, stated in (("life", life), ("terms", terms), ("balance", balance)):
            if stated:
                account["order"][name] = stated.source_seq
        account["product"] = terms.product if terms else None
        account["maturity_on"] = _day(terms.maturity_on) if terms else None
        account["balance_minor"] = balance.balance_minor if balance else None
        if balance:
            account["balance_on"] = stated_on(balance, self._day_of).isoformat()
        seqs = sorted({event.source_seq for event in events if isinstance(event, AccountEntryBooked)})
        account["entries"] = len(seqs)
        account["recent"] = seqs[-WINDOW:]
        counted: dict[int, AccountEntryBooked] = {}
        for event in events:
            if isinstance(event, AccountEntryBooked):
                counted.setdefault(event.source_seq, event)
        if counted:
            account["last_entry_on"] = _day(max(event.booked_on for event in counted.values()))
        freezes: Sections = {}
        for event in events:
            if isinstance(event, AccountFrozen | AccountUnfrozen):
                freeze_id = event.freeze_id
                last = _newest(
                    other
                    for other in events
                    if isinstance(other, AccountFrozen | AccountUnfrozen) and other.freeze_id == freeze_id
                )
                assert last is not None
                amount = last.amount_minor if isinstance(last, AccountFrozen) else None
                freezes[freeze_id] = {"amount_minor": amount, "seq": last.source_seq}
        standing = [part["amount_minor"] for part in freezes.values() if part["amount_minor"] is not None]
        account["freezes"] = freezes
        account["frozen_minor"] = sum(standing)
        account["status"] = "closed" if isinstance(life, AccountClosed) else "frozen" if standing else "open"
        disarmed = {
            rule_id: {"disarmed_by": cause}
            for (held_account, rule_id), cause in self.disarmed.items()
            if held_account == account_id
        }
        account["armed"] = not disarmed
        if rules := disarmed | self._remembered_in(f"account:{account_id}"):
            account["rules"] = rules
        return account

    def loan(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, LoanEvent) and event.contract_id == contract_id)
        signed = _newest(event for event in events if isinstance(event, LoanContractSigned))
        drawdowns: Sections = {}
        for event in events:
            if not isinstance(event, LoanContractSigned):
                drawdowns[event.drawdown_id] = self.drawdown(contract_id, event.drawdown_id)
        unsettled = [part for part in drawdowns.values() if part["status"] != "settled"]
        days = [part["maturity_on"] for part in unsettled if part["maturity_on"]]
        rules = self._remembered_in(f"loan:{contract_id}")
        return ({"rules": rules} if rules else {}) | {
            "contract_id": contract_id,
            "currency": _currency(events),
            "contract_minor": signed.limit_minor if signed else None,
            "signed_on": _day(signed.signed_on) if signed else None,
            "drawn_minor": sum(part["amount_minor"] or 0 for part in drawdowns.values()),
            "outstanding_minor": sum(map(_outstanding, unsettled)),
            "arrears_minor": sum(part["arrears_minor"] for part in unsettled),
            "maturity_on": min(days) if days else None,
            "status": "settled"
            if drawdowns and not unsettled
            else "in_arrears"
            if any(part["status"] == "in_arrears" for part in unsettled)
            else "open",
            "drawdowns": drawdowns,
            "order": {"signed": signed.source_seq} if signed else {},
        }

    def drawdown(self, contract_id: str, drawdown_id: str) -> Section:
        events = self._of(
            lambda event: (
                isinstance(event, LoanEvent)
                and not isinstance(event, LoanContractSigned)
                and (event.contract_id, event.drawdown_id) == (contract_id, drawdown_id)
            )
        )
        drawn = _newest(event for event in events if isinstance(event, LoanDrawnDown))
        arrears = _newest(event for event in events if isinstance(event, LoanRepaid | LoanInstalmentMissed))
        settled = _newest(event for event in events if isinstance(event, LoanSettled))
        counted: dict[int, Any] = {}
        for event in events:
            if isinstance(event, LoanRepaid | LoanInstalmentMissed):
                counted.setdefault(event.source_seq, event)
        stated = {"drawn": drawn, "arrears": arrears, "settled": settled}
        arrears_minor = arrears.arrears_minor if arrears else 0
        return {
            "amount_minor": drawn.amount_minor if drawn else None,
            "drawn_on": _day(drawn.drawn_on) if drawn else None,
            "maturity_on": _day(drawn.maturity_on) if drawn else None,
            "repaid_minor": sum(event.amount_minor for event in counted.values() if isinstance(event, LoanRepaid)),
            "arrears_minor": arrears_minor,
            "missed": sum(isinstance(event, LoanInstalmentMissed) for event in counted.values()),
            "status": "settled" if settled else "in_arrears" if arrears_minor > 0 else "open",
            "order": {name: event.source_seq for name, event in stated.items() if event},
            "recent": sorted(counted)[-WINDOW:],
        }

    def guarantee(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, GuaranteeEvent) and event.contract_id == contract_id)
        guarantee: Section = {"contract_id": contract_id, "currency": _currency(events), "order": {}}
        for name in ("letter_number", "amount_minor", "beneficiary", "issued_on", "expires_on"):
            _state(guarantee, name, events, _field(name))
        for name in ("called_minor", "called_on", "released_on"):
            _state(guarantee, name, events, _field(name))
        guarantee["called_minor"] = guarantee["called_minor"] or 0
        _state(guarantee, "status", events, _guarantee_status)
        guarantee["status"] = guarantee["status"] or "open"
        return guarantee

    def acceptance(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, AcceptanceEvent) and event.contract_id == contract_id)
        bills: Sections = {}
        for event in events:
            bills[event.bill_id] = _bill([other for other in events if other.bill_id == event.bill_id])
        unsettled = [bill for bill in bills.values() if bill["status"] == "open"]
        days = [bill["maturity_on"] for bill in unsettled if bill["maturity_on"]]
        return {
            "contract_id": contract_id,
            "currency": _currency(events),
            "accepted_minor": sum(bill["amount_minor"] or 0 for bill in bills.values()),
            "outstanding_minor": sum(max(0, (bill["amount_minor"] or 0) - bill["paid_minor"]) for bill in unsettled),
            "maturity_on": min(days) if days else None,
            "status": "open" if unsettled else "settled",
            "bills": bills,
        }

    def collateral(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, CollateralEvent) and event.contract_id == contract_id)
        pledges: Sections = {}
        for event in events:
            pledges[event.collateral_id] = _pledge(
                [other for other in events if other.collateral_id == event.collateral_id]
            )
        standing = [pledge for pledge in pledges.values() if pledge["status"] == "pledged"]
        percents = [pledge["cover_percent"] for pledge in standing if pledge["cover_percent"]]
        return {
            "contract_id": contract_id,
            "currency": _currency(events),
            "value_minor": sum(pledge["value_minor"] or 0 for pledge in standing),
            "cover_percent": max(percents) if percents else None,
            "pledges": pledges,
        }

    def interactions(self) -> Section:
        counted: dict[tuple[str, int], Any] = {}
        for event in self._of(lambda event: isinstance(event, InteractionEvent)):
            counted.setdefault((event.source, event.source_seq), event)
        told = sorted(counted.values(), key=lambda event: (event.occurred_at, event.source, event.source_seq))
        contacts = [event for event in told if isinstance(event, ContactMade)]
        campaigns = [event for event in told if isinstance(event, CampaignAnswered)]
        interests = [event for event in told if isinstance(event, InterestShown)]
        scores = [event for event in told if isinstance(event, SatisfactionScored)]
        reached = [event.occurred_at for event in contacts if event.outcome.value != "not_reached"]
        every: dict[str, list[Any]] = {
            "contacts": contacts,
            "campaigns": campaigns,
            "interests": interests,
            "scores": scores,
        }
        facts = ("channel", "direction", "outcome", "party_id", "product", "note")
        rules = self._remembered_in("interactions")
        return ({"rules": rules} if rules else {}) | {
            "last_contact_at": _text(max(reached)) if reached else None,
            "contacts": [_part(event, *facts) for event in contacts[-16:]],
            "campaigns": [_part(event, "campaign_id", "response", "channel", "product") for event in campaigns[-8:]],
            "interests": [_part(event, "product", "channel") for event in interests[-32:]],
            "satisfaction": _part(scores[-1], "score", "survey_id", "comment") if scores else None,
            "counts": {name: len(events) for name, events in every.items() if events},
            "recent": {source: sorted(seq for of, seq in counted if of == source)[-WINDOW:] for source, _ in counted},
        }

    def complaint(self, complaint_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, ComplaintEvent) and event.complaint_id == complaint_id)
        complaint: Section = {"complaint_id": complaint_id, "order": {}}
        for name in ("received_on", "product", "issue", "content", "channel", "resolution"):
            _state(complaint, name, events, _field(name))
        _state(complaint, "status", events, _complaint_status)
        complaint["status"] = complaint["status"] or "open"
        _state(
            complaint,
            "closed_on",
            events,
            lambda event: getattr(event, "resolved_on", None) or getattr(event, "withdrawn_on", None),
        )
        return complaint

    def _of(self, wanted: Callable[[Any], bool]) -> list[Any]:
        return [told.event for told in self.told if wanted(told.event)]

    # -- alerts --

    def host(self) -> str | None:
        host: str | None = self.profile()["host_manager"]
        return host

    def _covers(self, rule: Any, section: Section) -> bool:
        profile = self.profile()
        held = {
            "customer_kind": profile["kind"],
            "branch": profile["home_branch"],
            "tier": profile.get("tier"),
            "currency": section.get("currency"),
            "product": section.get("product"),
        }
        wanted = rule.scope.model_dump(mode="json", exclude_none=True)
        return all(held[name] in allowed for name, allowed in wanted.items())

    def known(self) -> bool:
        return self.host() is not None and self.profile()["name"] is not None

    def _cross_level(self, rule: LargeBalanceRule, record: Record, before: list[Record]) -> None:
        event = record.event
        if not isinstance(event, AccountEntryBooked | AccountBalanceReported):
            return
        last = _newest(
            told.event
            for told in before
            if isinstance(told.event, AccountEntryBooked | AccountBalanceReported)
            and told.event.account_id == event.account_id
        )
        if last is not None and event.source_seq <= last.source_seq:
            return
        threshold = _minor(rule.threshold, event.currency)
        level = (event.account_id, rule.id)
        if level in self.disarmed:
            if event.balance_minor * 100 < threshold * rule.rearm_percent:
                self._resolve(rule, f"account:{event.account_id}", self.disarmed.pop(level), record)
        elif event.balance_minor >= threshold and self._covers(rule, self.account(event.account_id)):
            self.disarmed[level] = cause = f"{event.source}:{event.source_seq}"
            payload = {
                "account_id": event.account_id,
                "currency": event.currency,
                "balance_minor": event.balance_minor,
                "threshold_minor": threshold,
            }
            values = {"balance_minor": last.balance_minor if last else None}, {"balance_minor": event.balance_minor}
            subject = f"account:{event.account_id}"
            self._raise(rule, subject, cause, event.occurred_at, record, payload, values=values)

    def _judge_entry(self, rule: LargeEntryRule, record: Record, before: list[Record]) -> None:
        event = record.event
        if not isinstance(event, AccountEntryBooked):
            return
        if event.source_seq in {told.source_seq for told in self._additive(event, before)}:
            return
        threshold = _minor(rule.threshold, event.currency)
        if (rule.direction == "debit" and event.amount_minor >= 0) or (
            rule.direction == "credit" and event.amount_minor <= 0
        ):
            return
        if abs(event.amount_minor) >= threshold and self._covers(rule, self.account(event.account_id)):
            payload = {
                "account_id": event.account_id,
                "currency": event.currency,
                "amount_minor": event.amount_minor,
                "balance_minor": event.balance_minor,
                "booked_on": _day(event.booked_on),
                "threshold_minor": threshold,
            }
            subject, cause = f"account:{event.account_id}", f"{event.source}:{event.source_seq}"
            was = {"balance_minor": event.balance_minor - event.amount_minor}
            values = was, {"balance_minor": event.balance_minor}
            self._raise(rule, subject, cause, event.occurred_at, record, payload, values=values)

    # -- lending --

    def held(self) -> dict[str, int]:
        compute = {
            "account": self.account,
            "loan": self.loan,
            "guarantee": self.guarantee,
            "acceptance": self.acceptance,
        }
        names = {_section_of(told.event) for told in self.told}
        parts = [(name, *name.split(":", 1)) for name in names if name.split(":")[0] in compute]
        return products({name: compute[family](entity) for name, family, entity in parts})

    def _remembered_in(self, section: str) -> Sections:
        return {rule_id: state for (held, rule_id), state in self.remembered.items() if held == section}

    def _earlier(self, before: list[Record], section: str, compute: Callable[[], Any]) -> Any:
        """What `compute` said before the record; None when the section was not there."""
        if not any(_section_of(told.event) == section for told in before):
            return None
        told, self.told = self.told, before
        try:
            return compute()
        finally:
            self.told = told

    def _contract_level(
        self, rule: LimitNearlyDrawnRule | DrawnOverLimitRule | ArrearsRule, record: Record, before: list[Record]
    ) -> None:
        event = record.event
        if not isinstance(event, LoanEvent):
            return
        section = f"loan:{event.contract_id}"
        was, loan = self._earlier(before, section, lambda: self.loan(event.contract_id)), self.loan(event.contract_id)
        if was == loan:
            return
        reached, left = _level(rule, loan)
        if (section, rule.id) in self.remembered:
            if left:
                self._resolve(rule, section, self.remembered.pop((section, rule.id))["disarmed_by"], record)
        elif reached and self._covers(rule, loan):
            part = [event.drawdown_id] if not isinstance(event, LoanContractSigned) else []
            cause = ":".join([event.source, *part, str(event.source_seq)])
            self.remembered[section, rule.id] = {"disarmed_by": cause}
            payload = {"contract_id": event.contract_id, "currency": loan["currency"]} | _level_payload(rule, loan)
            names = ("arrears_minor",) if isinstance(rule, ArrearsRule) else ("contract_minor",)
            values = [
                None if of is None else {name: of[name] for name in (*names, "outstanding_minor")} for of in (was, loan)
            ]
            self._raise(rule, section, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _judge_drawdown(self, rule: LargeDrawdownRule, record: Record, before: list[Record]) -> None:
        event = record.event
        if not isinstance(event, LoanDrawnDown | LoanSettled):
            return
        section = f"loan:{event.contract_id}"
        loan, was = self.loan(event.contract_id), self._earlier(before, section, lambda: self.loan(event.contract_id))
        drawdown = loan["drawdowns"][event.drawdown_id]
        if isinstance(event, LoanSettled):
            if (
                was != loan
                and drawdown["amount_minor"]
                and drawdown["amount_minor"] >= _minor(rule.threshold, loan["currency"])
            ):
                self._resolve(rule, f"{section}/drawdown:{event.drawdown_id}", "drawn", record)
            return
        held = ((was or {}).get("drawdowns", {})).get(event.drawdown_id, {}).get("amount_minor")
        threshold = _minor(rule.threshold, loan["currency"])
        is_news = drawdown["amount_minor"] >= threshold and (held is None or held < threshold)
        if was != loan and is_news and drawdown["status"] != "settled" and self._covers(rule, loan):
            payload = {
                "contract_id": event.contract_id,
                "drawdown_id": event.drawdown_id,
                "currency": loan["currency"],
                "amount_minor": drawdown["amount_minor"],
                "drawn_on": drawdown["drawn_on"],
                "maturity_on": drawdown["maturity_on"],
                "threshold_minor": threshold,
            }
            values = {"amount_minor": held}, {"amount_minor": drawdown["amount_minor"]}
            subject = f"{section}/drawdown:{event.drawdown_id}"
            self._raise(rule, subject, "drawn", event.occurred_at, record, payload, values=values)

    def _judge_instalment(self, rule: InstalmentMissedRule, record: Record, before: list[Record]) -> None:
        event = record.event
        if not isinstance(event, LoanInstalmentMissed | LoanRepaid | LoanSettled):
            return
        section = f"loan:{event.contract_id}"
        loan, was = self.loan(event.contract_id), self._earlier(before, section, lambda: self.loan(event.contract_id))
        if was == loan:
            return
        drawdown = loan["drawdowns"][event.drawdown_id]
        held = ((was or {}).get("drawdowns", {})).get(event.drawdown_id, {"arrears_minor": 0, "missed": 0})
        causes = self.remembered.get((section, rule.id), {})
        is_over = drawdown["status"] == "settled" or drawdown["arrears_minor"] == 0
        if not isinstance(event, LoanInstalmentMissed):
            left = {key: value for key, value in causes.items() if key != event.drawdown_id} if is_over else causes
            for cause in causes.get(event.drawdown_id, []) if is_over else []:
                self._resolve(rule, f"{section}/drawdown:{event.drawdown_id}", cause, record)
            if left:
                self.remembered[section, rule.id] = left
            else:
                self.remembered.pop((section, rule.id), None)
        elif not is_over and drawdown["missed"] >= rule.from_missed and self._covers(rule, loan):
            cause = f"{event.source}:{event.source_seq}"
            of_drawdown = [*causes.get(event.drawdown_id, []), cause][-12:]
            self.remembered[section, rule.id] = causes | {event.drawdown_id: of_drawdown}
            payload = {
                "contract_id": event.contract_id,
                "drawdown_id": event.drawdown_id,
                "currency": event.currency,
                "due_on": _day(event.due_on),
                "arrears_minor": event.arrears_minor,
                "missed": drawdown["missed"],
            }
            values = [{name: of[name] for name in ("arrears_minor", "missed")} for of in (held, drawdown)]
            subject = f"{section}/drawdown:{event.drawdown_id}"
            self._raise(rule, subject, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _judge_freeze(self, rule: FreezePlacedRule, record: Record, before: list[Record]) -> None:
        event = record.event
        if not isinstance(event, AccountFrozen | AccountUnfrozen):
            return
        section = f"account:{event.account_id}"
        account = self.account(event.account_id)
        was = self._earlier(before, section, lambda: self.account(event.account_id))
        if was == account:
            return
        causes = self.remembered.get((section, rule.id), {}).get("told", {})
        if isinstance(event, AccountUnfrozen):
            left = {key: value for key, value in causes.items() if key != event.freeze_id}
            if event.freeze_id in causes:
                self._resolve(rule, section, causes[event.freeze_id], record)
            if left:
                self.remembered[section, rule.id] = {"told": left}
            else:
                self.remembered.pop((section, rule.id), None)
            return
        threshold = None if rule.threshold is None else _minor(rule.threshold, event.currency)
        is_large = threshold is None or event.amount_minor >= threshold
        # Superseded by a newer freeze or by its lifting, it states nothing but perhaps the currency.
        stands = account["freezes"][event.freeze_id] == {"amount_minor": event.amount_minor, "seq": event.source_seq}
        if event.freeze_id not in causes and is_large and stands and self._covers(rule, account):
            cause = f"{event.source}:{event.source_seq}"
            self.remembered[section, rule.id] = {"told": causes | {event.freeze_id: cause}}
            payload = {
                "account_id": event.account_id,
                "freeze_id": event.freeze_id,
                "currency": event.currency,
                "amount_minor": event.amount_minor,
                "frozen_minor": account["frozen_minor"],
                "reason": event.reason,
            }
            values = [{"frozen_minor": of["frozen_minor"] if of else 0} for of in (was, account)]
            self._raise(rule, section, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _judge_cover(self, rule: CollateralBelowCoverRule, record: Record, before: list[Record]) -> None:
        event: Any = record.event
        family = event.type.partition(".")[0]
        if event.type in ("loan.contract_signed", "loan.instalment_missed", "guarantee.called"):
            return
        if family not in ("collateral", "loan", "acceptance", "guarantee"):
            return
        subject, now = f"collateral:{event.contract_id}", self._cover(event.contract_id)
        was = self._earlier(before, subject, lambda: self._cover(event.contract_id))
        below = [
            of is not None and of["value"] * 10_000 < of["owed"] * of["percent"] * rule.percent for of in (was, now)
        ]
        if below == [True, False]:
            self._resolve(rule, subject, None, record)
        if now is None or below != [False, True] or not self._covers(rule, self.collateral(event.contract_id)):
            return
        part = next(
            (
                getattr(event, f"{name}_id")
                for name in ("drawdown", "bill", "collateral")
                if hasattr(event, f"{name}_id")
            ),
            "contract",
        )
        payload = {
            "contract_id": event.contract_id,
            "currency": self.collateral(event.contract_id)["currency"],
            "value_minor": now["value"],
            "owed_minor": now["owed"],
            "cover_percent": now["percent"],
        }
        values = [None if of is None else {"value_minor": of["value"], "owed_minor": of["owed"]} for of in (was, now)]
        cause = f"{event.source}:{family}:{part}:{event.source_seq}"
        self._raise(rule, subject, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _cover(self, contract_id: str) -> dict[str, int] | None:
        """What is pledged and owed; None where nothing has to be covered, or currencies differ."""
        known = {_section_of(told.event) for told in self.told}
        if f"collateral:{contract_id}" not in known:
            return None
        collateral = self.collateral(contract_id)
        owing: list[tuple[str | None, int]] = []
        if f"loan:{contract_id}" in known:
            loan = self.loan(contract_id)
            owing.append((loan["currency"], loan["outstanding_minor"]))
        if f"acceptance:{contract_id}" in known:
            acceptance = self.acceptance(contract_id)
            owing.append((acceptance["currency"], acceptance["outstanding_minor"]))
        if f"guarantee:{contract_id}" in known:
            guarantee = self.guarantee(contract_id)
            is_over = guarantee["status"] in ("released", "expired")
            owing.append((guarantee["currency"], 0 if is_over else guarantee["amount_minor"] or 0))
        if collateral["cover_percent"] is None or any(code not in (None, collateral["currency"]) for code, _ in owing):
            return None
        owed = sum(minor for _, minor in owing)
        return {"value": collateral["value_minor"], "owed": owed, "percent": collateral["cover_percent"]}

    def _remind(self, rule: ComplaintReminderRule, record: Record, before: list[Record]) -> None:
        event = record.event
        if isinstance(event, ComplaintResolved | ComplaintWithdrawn):
            section = f"complaint:{event.complaint_id}"
            complaint = self.complaint(event.complaint_id)
            was = self._earlier(before, section, lambda: self.complaint(event.complaint_id))
            if was != complaint and complaint["status"] in ("resolved", "withdrawn"):
                self._resolve(rule, section, "received", record)
            return
        if not isinstance(event, ComplaintReceived):
            return
        earlier = [told.event for told in before if isinstance(told.event, ComplaintReceived)]
        if event.complaint_id in {other.complaint_id for other in earlier}:
            return
        if not self._covers(rule, self.complaint(event.complaint_id)):
            return
        payload = {
            "complaint_on": _day(event.received_on),
            "content": event.content,
            "customer_id": self.customer_id,
            "customer_name": self.profile()["name"],
        }
        self._raise(rule, f"complaint:{event.complaint_id}", "received", event.occurred_at, record, payload)

    def _end_ahead(self, rule: AheadRule, record: Record, before: list[Record]) -> None:
        """What a rule on a day ahead told of is over, because its subject ended."""
        event: Any = record.event
        section = _section_of(event)
        compute: Callable[[], Section]
        if isinstance(rule, MaturityRule) and isinstance(event, AccountClosed):
            compute, subject = (lambda: self.account(event.account_id)), section
            on, over = (
                self.account(event.account_id)["maturity_on"],
                self.account(event.account_id)["status"] == "closed",
            )
        elif isinstance(rule, MaturityRule) and isinstance(event, LoanSettled):
            compute, subject = (lambda: self.loan(event.contract_id)), f"{section}/drawdown:{event.drawdown_id}"
            on, over = self.loan(event.contract_id)["drawdowns"][event.drawdown_id]["maturity_on"], True
        elif isinstance(rule, AcceptanceMaturityRule) and isinstance(event, AcceptanceSettled):
            compute, subject = (lambda: self.acceptance(event.contract_id)), f"{section}/bill:{event.bill_id}"
            on, over = self.acceptance(event.contract_id)["bills"][event.bill_id]["maturity_on"], True
        elif isinstance(rule, GuaranteeExpiryRule) and isinstance(event, GuaranteeReleased):
            compute, subject = (lambda: self.guarantee(event.contract_id)), section
            guarantee = self.guarantee(event.contract_id)
            on, over = guarantee["expires_on"], guarantee["status"] in ("released", "expired")
        else:
            return
        if on is None or not over or self._earlier(before, section, compute) == compute():
            return
        days = sorted([rule.days_before] if isinstance(rule.days_before, int) else rule.days_before, reverse=True)
        for number in days:
            self._resolve(rule, subject, self._cause(date.fromisoformat(on), number, days), record)

    def _end_overdue(
        self, rule: AcknowledgementOverdueRule | ResolutionOverdueRule, record: Record, before: list[Record]
    ) -> None:
        """Nothing is owed to a complaint any more."""
        event: Any = record.event
        if not isinstance(event, ComplaintUpdated | ComplaintResolved | ComplaintWithdrawn):
            return
        fact = "closed_on" if isinstance(rule, ResolutionOverdueRule) else "status"
        section = _section_of(event)
        was = self._earlier(before, section, lambda: self.complaint(event.complaint_id)) or {"order": {}}
        orders = was["order"], self.complaint(event.complaint_id)["order"]
        was_over, is_over = (order.get(fact, -1) > order.get("received_on", -1) for order in orders)
        if is_over and not was_over:
            self._resolve(rule, section, None, record)

    # -- days ahead --

    def _last_contact(self, among: list[Record]) -> datetime | None:
        told, self.told = self.told, among
        try:
            last = self.interactions()["last_contact_at"]
        finally:
            self.told = told
        return None if last is None else datetime.fromisoformat(last)

    def _state_contact(self, record: Record, before: list[Record]) -> None:
        """The silence since the last contact begins with it."""
        last = self._last_contact(self.told)
        if last is not None and last != self._last_contact(before):
            on, key = last.astimezone(UTC).date(), "interactions|contact"
            self.due.pop(key, None)
            if not self._overlooks_last_look(key, due := _Due(on, record, at=last)):
                self.due[key] = due

    def _end_silence(self, rule: NoContactRule, record: Record, before: list[Record]) -> None:
        was, now = self._last_contact(before), self._last_contact(self.told)
        if was is not None and was != now:
            self._resolve(rule, "interactions", _text(was), record)

    def _state_limits(self, record: Record) -> None:
        """What is owed to a complaint from its newest receipt on, until something newer ends it."""
        event: Any = record.event
        events: list[Any] = [told.event for told in self.told if _section_of(told.event) == _section_of(event)]
        received = _newest(other for other in events if isinstance(other, ComplaintReceived))
        is_newest = received is event and all(told is record or told.event is not event for told in self.told)
        after = [other for other in events if received is None or other.source_seq > received.source_seq]
        moved = [other for other in after if _complaint_status(other) is not None]
        closed = [other for other in after if isinstance(other, ComplaintResolved | ComplaintWithdrawn)]
        for kind, ends in (("acknowledgement", moved), ("resolution", closed)):
            key = f"complaint:{event.complaint_id}|{kind}"
            if ends:
                self.due.pop(key, None)
            elif is_newest:
                held, on = self.due.pop(key, None), event.received_on
                if held is not None and held.on == on:
                    self.due[key] = _Due(on, record, held.told)
                elif not self._was_told(key, on) and not self._overlooks_last_look(key, due := _Due(on, record)):
                    self.due[key] = due

    def _overlooks_last_look(self, key: str, due: _Due) -> bool:
        numbers = [number for _, days in self._ahead_rules(key) for number in days]
        return bool(numbers) and self._overlooks(self._looked_at(due, min(numbers), self._unit(key)))

    def _state_days(self, record: Record) -> None:
        """Enter what the record says falls due, and take out what is over."""
        event: Any = record.event
        told = [other for other in self.told if _section_of(other.event) == _section_of(event)]
        if isinstance(event, AccountEvent):
            key = f"account:{event.account_id}"
            stating = [other for other in told if isinstance(other.event, AccountOpened | AccountTermsChanged)]
            over = self.account(event.account_id)["status"] == "closed"
        elif isinstance(event, LoanEvent) and not isinstance(event, LoanContractSigned):
            key = f"loan:{event.contract_id}/drawdown:{event.drawdown_id}"
            drawn = [other for other in told if isinstance(other.event, LoanDrawnDown)]
            stating = [other for other in drawn if other.event.drawdown_id == event.drawdown_id]  # type: ignore[union-attr]
            over = self.drawdown(event.contract_id, event.drawdown_id)["status"] == "settled"
        elif isinstance(event, AcceptanceEvent):
            key = f"acceptance:{event.contract_id}/bill:{event.bill_id}|bill_maturity"
            accepted = [other for other in told if isinstance(other.event, AcceptanceAccepted)]
            stating = [other for other in accepted if other.event.bill_id == event.bill_id]  # type: ignore[union-attr]
            over = self.acceptance(event.contract_id)["bills"][event.bill_id]["status"] == "settled"
        elif isinstance(event, GuaranteeEvent):
            key = f"guarantee:{event.contract_id}|guarantee_expiry"
            stating = [other for other in told if getattr(other.event, "expires_on", None)]
            over = self.guarantee(event.contract_id)["status"] in ("released", "expired")
        else:
            return
        newest = max((other.event.source_seq for other in stating), default=None)  # type: ignore[union-attr]
        in_force = next((other for other in stating if other.event.source_seq == newest), None)  # type: ignore[union-attr]
        if in_force is record:
            held = self.due.pop(key, None)
            on: date | None = getattr(event, "expires_on" if isinstance(event, GuaranteeEvent) else "maturity_on")
            if on is not None and not over and self._day_of(event.occurred_at) <= on:
                if held is not None and held.on == on:
                    self.due[key] = _Due(on, record, held.told)
                elif not self._was_told(key, on) and not self._overlooks(self._begins_at(on + timedelta(days=1))):
                    self.due[key] = _Due(on, record)
        if over:
            self.due.pop(key, None)

    def _ahead_rules(self, key: str) -> list[tuple[Any, list[int]]]:
        """The rules that look at such a deadline, each with its numbers of days before it, the most first."""
        kinds = {
            "bill_maturity": "acceptance_maturity",
            "guarantee_expiry": "guarantee_expiry",
            "acknowledgement": "acknowledgement_overdue",
            "resolution": "resolution_overdue",
            "contact": "no_contact",
            "birthday": "birthday",
            "dormancy": "dormancy",
        }
        kind = kinds.get(key.partition("|")[2], "maturity")
        rules: list[Any] = [rule for rule in self.policy.in_force() if rule.kind == kind]
        if key.startswith("complaint:"):
            return [(rule, [-rule.within_days]) for rule in rules]
        if kind in ("no_contact", "dormancy"):
            return [(rule, [-rule.days]) for rule in rules]
        return [
            (rule, sorted([rule.days_before] if isinstance(rule.days_before, int) else rule.days_before, reverse=True))
            for rule in rules
        ]

    def _cause(self, on: date, days: int, of_rule: list[int]) -> str:
        unit = "wd" if self.policy.counts_working_days else "d"
        return on.isoformat() if days == of_rule[0] else f"{on.isoformat()}{-days:+}{unit}"

    def _was_told(self, key: str, on: date) -> bool:
        subject = key.partition("|")[0]
        return any(
            self._alert_id(rule.id, subject, self._cause(on, days[-1], days)) in self.alerts
            for rule, days in self._ahead_rules(key)
        )

    def _next_look(self, key: str) -> int | None:
        told = self.due[key].told
        numbers = {number for _, days in self._ahead_rules(key) for number in days}
        return max((number for number in numbers if told is None or number < told), default=None)

    def _looked_at(self, due: _Due, number: int, unit: str) -> datetime:
        """When it comes, that many days before; after a day (a negative number), when the last day is over."""
        if due.at is not None:
            return due.at - timedelta(days=number)
        if unit == "wd":
            return self._begins_at(self._working_day(due.on, -number) + timedelta(days=1 if number < 0 else 0))
        return self._begins_at(due.on - timedelta(days=number if number >= 0 else number - 1))

    def _working_day(self, day: date, count: int) -> date:
        """The count-th working day after a day, or before it; the day itself with 0."""
        while count:
            day += timedelta(days=1 if count > 0 else -1)
            if day.isoweekday() < 6 and day not in self.policy.holidays:
                count += -1 if count > 0 else 1
        return day

    def _begins_at(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.policy.zone).astimezone(UTC)

    def fire(self, at: datetime) -> None:
        """Look at what has fallen due when the clock stands at `at`, the earliest look first."""
        while True:
            looks: list[tuple[datetime, str, Any]] = [
                (looked_at, key, number)
                for key, due in self.due.items()
                if (number := self._next_look(key)) is not None
                and (looked_at := self._looked_at(due, number, self._unit(key))) <= at
            ]
            for (alert_id, kind), wait in self.waits.items():
                left = self._left(kind, wait)
                if left and wait.since + left[0] <= at:
                    looks.append((wait.since + left[0], f"alert:{alert_id}|{kind}", None))
            if not looks:
                return
            due_at, key, number = min(looks, key=lambda look: look[:2])
            if number is None:
                alert_id, kind = key.removeprefix("alert:").split("|")
                self._look_at_alert(alert_id, kind, due_at)
            else:
                self._look(key, number, due_at)

    def _left(self, kind: str, wait: _Wait) -> list[timedelta]:
        """How long after its beginning the wait is looked at, less what has been."""
        what, _, rule_id = kind.partition(":")
        if what == "wake":
            waits = [timedelta()]
        elif what == "forget":
            waits = [] if self.policy.closed_alert_days is None else [timedelta(days=self.policy.closed_alert_days)]
        else:
            rule = next((rule for rule in self.policy.in_force() if rule.id == rule_id), None)
            length = None if rule is None else rule.escalate_after if what == "escalate" else rule.expire_after
            waits = (
                []
                if length is None
                else [_length(length) * times for times in ((1, 2) if what == "escalate" else (1,))]
            )
        return [one for one in waits if wait.told is None or one > wait.told]

    def _wait(self, alert_id: str, kind: str, since: datetime, position: list[Any]) -> None:
        if self._left(kind, wait := _Wait(since, position)):
            self.waits[alert_id, kind] = wait

    def _look_at_alert(self, alert_id: str, kind: str, due_at: datetime) -> None:
        wait, alert = self.waits[alert_id, kind], self.alerts[alert_id]
        first = wait.told is None
        wait.told = self._left(kind, wait)[0]
        rule = next((rule for rule in self.policy.in_force() if rule.id == kind.partition(":")[2]), None)
        hours = wait.told // timedelta(hours=1)
        in_hours = rule is not None and rule.escalate_after is not None and rule.escalate_after.hours
        wait.token = f"+{hours}h" if in_hours else f"+{hours // 24}d"
        if not self._left(kind, wait):
            del self.waits[alert_id, kind]
        if kind == "forget":
            del self.alerts[alert_id]
        elif kind == "wake":
            self._change(alert, "woken", "raised", due_at, wait.position, reason=None, until=None)
        elif kind.startswith("expire"):
            self._change(alert, "expired", "expired", due_at, wait.position, reason=None, until=None)
        else:
            profile = self.profile()
            others = [party for party in profile["co_hosts"] if party != alert["to"]]
            branch = profile["home_branch"] or self.policy.branches.get(profile["host_manager"])
            head = self.policy.heads.get(branch, f"branch:{branch}") if branch else None
            to = others[0] if first and others else head
            if to is not None and to != alert["to"]:
                times = (alert["life"] or {"escalated": 0})["escalated"] + 1
                self._publish(self._changed(alert, "escalated", alert["state"], due_at, to=to, escalated=times))

    def _changed(self, alert: Section, change: str, state: str, at: datetime, to: str, **life: Any) -> Section:
        nothing = {"seq": -1, "by": None, "at": None, "reason": None, "until": None, "escalated": 0}
        lived = nothing | (alert["life"] or {}) | {"at": _text(at), "by": None} | life
        revised = {"revision": alert["revision"] + 1, "change": change, "state": state, "to": to, "life": lived}
        return alert | revised

    def _change(self, alert: Section, change: str, state: str, at: datetime, position: list[Any], **life: Any) -> None:
        """Publish the next state of an alert, and let it wait for what that state waits for."""
        alert_id, rule_id = alert["alert_id"], alert["proof"]["rule_id"]
        after = self._changed(alert, change, state, at, life.pop("to", alert["to"]), **life)
        self._publish(after)
        if state != "snoozed":
            self.waits.pop((alert_id, "wake"), None)
        if state != "raised":
            self.waits.pop((alert_id, f"escalate:{rule_id}"), None)
        if state not in OPEN:
            self.waits.pop((alert_id, f"expire:{rule_id}"), None)
            ends = [self._begins_at(date.fromisoformat(alert["due_on"]) + timedelta(days=1))] if alert["due_on"] else []
            self._wait(alert_id, "forget", max([at, *ends]), position)
        elif state == "raised":
            self._wait(alert_id, f"escalate:{rule_id}", at, position)
        elif state == "snoozed":
            self._wait(alert_id, "wake", datetime.fromisoformat(after["life"]["until"]), position)

    def _act(self, event: AlertAction, record: Record) -> None:
        alert = self.alerts[str(event.alert_id)]
        if event.source_seq <= (alert["life"] or {"seq": -1})["seq"]:
            return
        change = event.type.removeprefix("alert.")
        reason = getattr(event, "reason", None) or getattr(event, "note", None)
        until = _text(event.until) if isinstance(event, AlertSnoozed) else None
        said = {"seq": event.source_seq, "by": event.actor, "reason": reason, "until": until}
        self._change(alert, change, change, event.occurred_at, _position(record), **said)

    def _resolve(self, rule: Rule, subject: str, cause: str | None, record: Record) -> None:
        """Close what is open of the rule about the subject: of one cause, or all."""
        at = record.event.occurred_at
        of_cause = None if cause is None else self._alert_id(rule.id, subject, cause)
        for alert in self._in_order(alert for alert in self.alerts.values() if alert["state"] in OPEN):
            is_meant = alert["alert_id"] == of_cause if cause else True
            if is_meant and (alert["subject"], alert["proof"]["rule_id"]) == (subject, rule.id):
                self._change(alert, "resolved", "resolved", at, _position(record), reason=None, until=None)

    def _in_order(self, alerts: Iterable[Section]) -> list[Section]:
        return sorted(alerts, key=lambda alert: (datetime.fromisoformat(alert["raised_at"]), alert["alert_id"]))

    def _overlooks(self, until: datetime) -> bool:
        """Whether an alert that old may have been raised, closed and taken from the view; then the event is late."""
        days = self.policy.closed_alert_days
        is_overlooked = days is not None and until < self.at - timedelta(days=days)
        self.overlooked = self.overlooked or is_overlooked
        return is_overlooked

    def _look(self, key: str, number: int, due_at: datetime) -> None:  # noqa: C901 - a branch per kind of deadline
        if self.moved_on(key):
            return
        due, subject = self.due[key], key.partition("|")[0]
        due.told = number
        if self._next_look(key) is None:
            self.fall_again(key)
        stated: Any = due.stated.event
        for rule, days in self._ahead_rules(key):
            if number not in days:
                continue
            if key == DORMANCY:
                self.remember_look(rule, due)
            later = [self._looked_at(due, other, self._unit(key)) for other in days if other < number]
            if later and later[0] <= stated.occurred_at:
                continue
            if key in (BIRTHDAY, DORMANCY):
                self.look_recurring(rule, due, number, due_at, self._cause(due.on, number, days))
                continue
            if isinstance(rule, NoContactRule):
                self._silent(rule, due, due_at)
                continue
            if isinstance(rule, AcknowledgementOverdueRule | ResolutionOverdueRule):
                self._overdue(rule, key, due, due_at)
                continue
            section, what = self._what_falls_due(stated)
            if self._covers(rule, section):
                day = "expires_on" if isinstance(stated, GuaranteeEvent) else "maturity_on"
                payload = {day: _day(due.on), "days_before": number, **what}
                if rule.offers:
                    held = products(self.sections())
                    payload["offers"] = [offer.name for offer in rule.offers if offer.unless_holds not in held]
                cause, raised_at = self._cause(due.on, number, days), max(due_at, stated.occurred_at)
                group = f"{key}|{due.on.isoformat()}|{-number:+}{self._unit(key)}"
                self._raise(rule, subject, cause, raised_at, due.stated, payload, group, due_on=due.on)

    def _silent(self, rule: NoContactRule, due: _Due, due_at: datetime) -> None:
        assert due.at is not None
        if self._covers(rule, self.interactions()):
            last = _text(due.at)
            payload = {"last_contact_at": last, "days": rule.days}
            told = (rule, "interactions", last, max(due_at, due.stated.event.occurred_at), due.stated, payload)
            group = f"interactions|contact|{last}|+{rule.days}d"
            self._raise(*told, group, thresholds={"days": rule.days}, due_on=due.on)

    def _overdue(
        self, rule: AcknowledgementOverdueRule | ResolutionOverdueRule, key: str, due: _Due, due_at: datetime
    ) -> None:
        event: Any = due.stated.event
        complaint = self.complaint(event.complaint_id)
        if not self._covers(rule, complaint):
            return
        payload = {
            "complaint_id": event.complaint_id,
            "complaint_on": _day(due.on),
            "last_day_on": _day(
                self._working_day(due.on, rule.within_days)
                if rule.days == "working"
                else due.on + timedelta(days=rule.within_days)
            ),
            "customer_name": self.profile()["name"],
            "product": complaint["product"],
            "content": complaint["content"],
        }
        if isinstance(rule, ResolutionOverdueRule):
            payload["status"] = complaint["status"]
        thresholds = {"within_days": rule.within_days, "days": rule.days}
        subject, raised_at = key.partition("|")[0], max(due_at, event.occurred_at)
        told = (rule, subject, due.on.isoformat(), raised_at, due.stated, payload)
        group = f"{key}|{due.on.isoformat()}|+{rule.within_days}{self._unit(key)}"
        self._raise(*told, group, thresholds=thresholds, due_on=due.on)

    def _what_falls_due(self, stated: Any) -> tuple[Section, Section]:
        if isinstance(stated, LoanDrawnDown):
            loan = self.loan(stated.contract_id)
            drawdown = loan["drawdowns"][stated.drawdown_id]
            return loan, {
                "currency": loan["currency"],
                "contract_id": stated.contract_id,
                "drawdown_id": stated.drawdown_id,
                "amount_minor": drawdown["amount_minor"],
                "outstanding_minor": _outstanding(drawdown),
            }
        if isinstance(stated, AcceptanceAccepted):
            contract = self.acceptance(stated.contract_id)
            bill = contract["bills"][stated.bill_id]
            return contract, {
                "currency": contract["currency"],
                "contract_id": stated.contract_id,
                "bill_id": stated.bill_id,
                "payee": bill["payee"],
                "amount_minor": bill["amount_minor"],
                "to_provide_minor": max(0, bill["amount_minor"] - bill["paid_minor"]),
            }
        if isinstance(stated, GuaranteeEvent):
            guarantee = self.guarantee(stated.contract_id)
            names = ("currency", "contract_id", "letter_number", "beneficiary", "amount_minor", "called_minor")
            return guarantee, {name: guarantee[name] for name in names}
        account = self.account(stated.account_id)
        return account, {
            "currency": account["currency"],
            "account_id": stated.account_id,
            "balance_minor": account["balance_minor"],
        }

    def _day_of(self, at: datetime) -> date:
        return at.astimezone(self.policy.zone).date()

    def _alert_id(self, rule_id: str, subject: str, cause: str) -> str:
        return str(uuid5(self.policy.namespace, f"{rule_id}|{self.customer_id}|{subject}|{cause}"))

    def _group_id(self, cause: str) -> str:
        return str(uuid5(self.policy.namespace, f"group|{self.customer_id}|{cause}"))

    def _raise(
        self,
        rule: Rule,
        subject: str,
        cause: str,
        raised_at: datetime,
        record: Record,
        payload: Section,
        group: str | None = None,
        values: tuple[Section | None, Section | None] = (None, None),
        *,
        thresholds: Section | None = None,
        due_on: date | None = None,
    ) -> None:
        alert_id = self._alert_id(rule.id, subject, cause)
        if alert_id in self.alerts or (self.policy.raise_after and raised_at < self.policy.raise_after):
            return
        if due_on is None and self._overlooks(raised_at):
            return
        condition = CONDITIONS[rule.when](self.profile()) if rule.when else {}
        if condition is None:
            return
        self._publish(
            {
                "alert_id": alert_id,
                "revision": 1,
                "change": "raised",
                "kind": rule.kind,
                "customer_id": self.customer_id,
                "subject": subject,
                "raised_at": _text(raised_at),
                "severity": rule.severity.value,
                "state": "raised",
                "to": self._to(rule.kind, rule.addressee),
                "addressee": rule.addressee,
                "group_id": self._group_id(group or record.event.event_id),
                "due_on": _day(due_on),
                "life": None,
                "payload": payload,
                "proof": {
                    "rule_id": rule.id,
                    "rule_version": rule.version,
                    "thresholds": (_thresholds(rule, payload) if thresholds is None else thresholds) | condition,
                    "before": values[0],
                    "after": values[1],
                    "causes": [{"topic": record.topic, "partition": record.partition, "offset": record.offset}],
                },
            }
        )
        for kind in ("escalate", "expire"):
            self._wait(alert_id, f"{kind}:{rule.id}", raised_at, _position(record))

    def _address(self, former: str | None, record: Record) -> None:
        """Hand over what stands at a desk, as far as there is somebody now, and what went to the former host."""
        host, at = self.host(), record.event.occurred_at
        is_new = host is not None and host != former
        for alert in self._in_order(alert for alert in self.alerts.values() if alert["state"] in OPEN):
            if alert["to"] in DESKS:
                to = self._to(alert["kind"], alert["addressee"])
                addressed = alert | {"revision": alert["revision"] + 1, "change": "addressed", "to": to}
                if alert["kind"] == AlertKind.COMPLAINT_REMINDER:
                    addressed["payload"] = alert["payload"] | {"customer_name": self.profile()["name"]}
                if to not in DESKS:
                    self._publish(addressed)
            elif is_new and alert["to"] != host and _is_for_host(alert):
                self._change(alert, "handed_over", alert["state"], at, _position(record), to=host)

    def _to(self, kind: str, addressee: str) -> str:
        profile = self.profile()
        parties = {
            "host": profile["host_manager"],
            "co_host": (profile["co_hosts"] or [profile["host_manager"]])[0],
            "branch": f"branch:{profile['home_branch']}" if profile["home_branch"] else None,
        }
        if kind != AlertKind.COMPLAINT_REMINDER:
            return parties[addressee] or CUSTOMER_DESK
        return (parties[addressee] if self.known() else None) or COMPLAINTS_DESK

    def _publish(self, alert: Section) -> None:
        self.alerts[alert["alert_id"]] = alert
        self.published.append((TOPIC_OF_ALERT[AlertKind(alert["kind"])], alert))


def _is_for_host(alert: Section) -> bool:
    return alert["addressee"] == "host" and not (alert["life"] or {"escalated": 0})["escalated"]


def _position(record: Record) -> list[Any]:
    return [record.topic, record.partition, record.offset]


def _length(wait: Wait) -> timedelta:
    """Of a wait in hours or days, all that histories have."""
    return timedelta(hours=wait.hours or 0, days=wait.days or 0)


def _section_of(event: Any) -> str:  # noqa: PLR0911 - a return per family of events
    if isinstance(event, AccountEvent):
        return f"account:{event.account_id}"
    if isinstance(event, LoanEvent):
        return f"loan:{event.contract_id}"
    if isinstance(event, ComplaintEvent):
        return f"complaint:{event.complaint_id}"
    if isinstance(event, GuaranteeEvent):
        return f"guarantee:{event.contract_id}"
    if isinstance(event, AcceptanceEvent):
        return f"acceptance:{event.contract_id}"
    if isinstance(event, CollateralEvent):
        return f"collateral:{event.contract_id}"
    if isinstance(event, InteractionEvent):
        return "interactions"
    return "profile"


def _bill(events: list[Any]) -> Section:
    accepted = _newest(event for event in events if isinstance(event, AcceptanceAccepted))
    paid = _newest(event for event in events if isinstance(event, AcceptancePaid))
    settled = _newest(event for event in events if isinstance(event, AcceptanceSettled))
    bill: Section = {
        "amount_minor": accepted.amount_minor if accepted else None,
        "accepted_on": _day(accepted.accepted_on) if accepted else None,
        "maturity_on": _day(accepted.maturity_on) if accepted else None,
        "paid_minor": paid.paid_minor if paid else 0,
        "status": "settled" if settled else "open",
        "order": {
            name: event.source_seq
            for name, event in (("accepted", accepted), ("paid", paid), ("settled", settled))
            if event
        },
    }
    _state(bill, "payee", events, _field("payee"))
    return bill


def _pledge(events: list[Any]) -> Section:
    pledged = _newest(event for event in events if isinstance(event, CollateralPledged))
    valued = _newest(event for event in events if isinstance(event, CollateralPledged | CollateralValued))
    life = _newest(event for event in events if isinstance(event, CollateralPledged | CollateralReleased))
    pledge: Section = {
        "kind": pledged.collateral_kind.value if pledged else None,
        "cover_percent": pledged.cover_percent if pledged else None,
        "pledged_on": _day(pledged.pledged_on) if pledged else None,
        "value_minor": valued.value_minor if valued else None,
        "valued_on": (_day(valued.valued_on if isinstance(valued, CollateralValued) else valued.pledged_on))
        if valued
        else None,
        "status": "released" if isinstance(life, CollateralReleased) else "pledged",
        "order": {
            name: event.source_seq for name, event in (("terms", pledged), ("value", valued), ("life", life)) if event
        },
    }
    _state(pledge, "description", events, _field("description"))
    _state(pledge, "released_on", events, _field("released_on"))
    return pledge


def _guarantee_status(event: Any) -> str | None:
    if isinstance(event, GuaranteeIssued):
        return "open"
    if isinstance(event, GuaranteeCalled):
        return "called"
    if isinstance(event, GuaranteeReleased):
        return "expired" if event.ground.value == "expired" else "released"
    assert isinstance(event, GuaranteeAmended)
    return None


def _part(event: Any, *facts: str) -> Section:
    """An interaction as its section lists it."""
    values = {name: getattr(event, name) for name in facts}
    plain = {name: getattr(value, "value", value) for name, value in values.items()}
    return {"at": _text(event.occurred_at), **plain, "source": event.source, "seq": event.source_seq}


def _newest(events: Iterable[Any]) -> Any:
    """The event of the greatest source_seq; of equals, the one told first; None when there is none."""
    newest = None
    for event in events:
        if newest is None or event.source_seq > newest.source_seq:
            newest = event
    return newest


def _field(name: str) -> Callable[[Any], Any]:
    return lambda event: getattr(event, name, None)


def _state(section: Section, name: str, events: list[Any], stated: Callable[[Any], Any]) -> None:
    """Set a field and its `order` from the newest event that states it; null states nothing."""
    newest = _newest(event for event in events if stated(event) is not None)
    section[name] = None
    if newest is not None:
        value = stated(newest)
        section[name] = _day(value) if isinstance(value, date) else getattr(value, "value", value)
        section["order"][name] = newest.source_seq


def _complaint_status(event: Any) -> str | None:
    if isinstance(event, ComplaintReceived):
        return "open"
    if isinstance(event, ComplaintUpdated):
        return event.progress.value if event.progress else None
    if isinstance(event, ComplaintResolved):
        return "resolved"
    return "withdrawn" if isinstance(event, ComplaintWithdrawn) else None


def _currency(events: list[Any]) -> str | None:
    return next((event.currency for event in events if getattr(event, "currency", None)), None)


def _outstanding(drawdown: Section) -> int:
    if drawdown["status"] == "settled":
        return 0
    return max(0, (drawdown["amount_minor"] or 0) - int(drawdown["repaid_minor"]))


def _minor(major: Decimal, currency: str) -> int:
    return int(major * 10 ** CURRENCY_EXPONENTS[currency])


def _is_vip(profile: Section) -> Section | None:
    return {"when": "customer.vip"} if profile.get("vip") else None


def _has_no_host(profile: Section) -> Section | None:
    return None if profile["host_manager"] else {"when": "customer.host_manager == ''"}


def _by_branch(profile: Section) -> Section | None:
    branch, when = profile["home_branch"] or "", "10 / size(customer.home_branch) > 1"
    if not branch:
        return {"when": when, "when_error": "divide by zero"}
    return {"when": when} if 10 // len(branch) > 1 else None


CONDITIONS: Final[dict[str, Callable[[Section], Section | None]]] = {
    "customer.vip": _is_vip,
    "customer.host_manager == ''": _has_no_host,
    "10 / size(customer.home_branch) > 1": _by_branch,
}
"""Expression -> what it adds to the thresholds in the proof; None when it does not hold."""


def _thresholds(rule: Any, payload: Section) -> Section:  # noqa: C901, PLR0911 - a branch per kind of rule
    match rule:
        case LargeBalanceRule():
            return {"threshold_minor": payload["threshold_minor"], "rearm_percent": rule.rearm_percent}
        case LargeEntryRule():
            direction = {} if rule.direction == "both" else {"direction": rule.direction}
            return {"threshold_minor": payload["threshold_minor"]} | direction
        case AheadRule():
            return {"days_before": payload["days_before"]}
        case LargeDrawdownRule():
            return {"threshold_minor": payload["threshold_minor"]}
        case LimitNearlyDrawnRule():
            return {"percent": rule.percent, "rearm_percent": rule.rearm_percent}
        case DrawnOverLimitRule():
            return {"limit_minor": payload["limit_minor"], "tolerance_percent": rule.tolerance_percent}
        case InstalmentMissedRule():
            return {"from_missed": rule.from_missed}
        case ArrearsRule():
            return {"threshold_minor": payload["threshold_minor"], "rearm_percent": rule.rearm_percent}
        case FreezePlacedRule(threshold=threshold) if threshold is not None:
            return {"threshold_minor": _minor(threshold, payload["currency"])}
        case CollateralBelowCoverRule():
            return {"percent": rule.percent, "cover_percent": payload["cover_percent"]}
    return {}


def _level(rule: Any, loan: Section) -> tuple[bool, bool]:
    """Whether a contract is at the level of the rule, and whether it has left it."""
    limit, outstanding = loan["contract_minor"], loan["outstanding_minor"]
    if isinstance(rule, ArrearsRule):
        if loan["currency"] is None:
            return False, True
        threshold = max(1, _minor(rule.threshold, loan["currency"]))
        arrears = loan["arrears_minor"]
        return arrears >= threshold, arrears * 100 < threshold * rule.rearm_percent
    if limit is None:
        return False, False
    if isinstance(rule, DrawnOverLimitRule):
        is_over = outstanding * 100 > limit * (100 + rule.tolerance_percent)
        return is_over, not is_over
    in_one_sum = [drawdown["amount_minor"] for drawdown in loan["drawdowns"].values()] == [limit]
    return outstanding * 100 >= limit * rule.percent and not in_one_sum, outstanding * 100 < limit * rule.rearm_percent


def _level_payload(rule: Any, loan: Section) -> Section:
    if isinstance(rule, ArrearsRule):
        threshold = max(1, _minor(rule.threshold, loan["currency"]))
        return {name: loan[name] for name in ("arrears_minor", "outstanding_minor")} | {"threshold_minor": threshold}
    used = {"outstanding_minor": loan["outstanding_minor"], "limit_minor": loan["contract_minor"]}
    if isinstance(rule, DrawnOverLimitRule):
        return used | {"over_minor": loan["outstanding_minor"] - loan["contract_minor"]}
    return used | {"percent": 100 * loan["outstanding_minor"] // loan["contract_minor"]}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

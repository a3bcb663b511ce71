"""The naive oracle: recomputes all views and alerts from the list of delivered records, as ARCHITECTURE.md says.

It keeps the list of what was told and looks everything up in it again and again; slow on purpose, so that nothing in it
is clever. It imports contracts and shares no code with the engine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from schemas.acceptances import AcceptanceAccepted, AcceptanceEvent, AcceptanceSettled
from schemas.accounts import (
    AccountBalanceReported,
    AccountClosed,
    AccountEntryBooked,
    AccountEvent,
    AccountOpened,
    AccountTermsChanged,
)
from schemas.actions import AlertAction, AlertSnoozed
from schemas.alerts import COMPLAINTS_DESK, CUSTOMER_DESK, AlertKind
from schemas.clock import ClockTicked
from schemas.collateral import CollateralEvent
from schemas.complaints import (
    ComplaintEvent,
    ComplaintReceived,
    ComplaintResolved,
    ComplaintUpdated,
    ComplaintWithdrawn,
)
from schemas.customers import (
    CustomerEvent,
)
from schemas.events import Event
from schemas.guarantees import (
    GuaranteeEvent,
    GuaranteeReleased,
)
from schemas.interactions import ContactMade, InteractionEvent
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
from tests.support.oracle_lending import LendingRules
from tests.support.oracle_past import closings, timeline
from tests.support.oracle_recurring import BIRTHDAY, DORMANCY, RecurringRules
from tests.support.oracle_relationship import RelationshipRules
from tests.support.oracle_rules import Section, in_minor
from tests.support.oracle_views import (
    DESKS,
    OPEN,
    WINDOW,
    Sections,
    complaint_status,
    currency_of,
    day_text,
    field_of,
    instant_text,
    newest_of,
    outstanding_of,
    products,
    section_of,
    totals,
)

__all__ = [
    "Delivery",
    "Expected",
    "Policy",
    "Record",
    "expected",
    "expected_in_order",
    "in_order",
]

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


class _Customer(LendingRules, BalanceRules, RelationshipRules, RecurringRules):
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
            self.judge_lending(rule, record, before)
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
        section = section_of(event)
        known = currency_of([told.event for told in self.told if section_of(told.event) == section])
        named = field_of(event, "currency")
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
            name, event = section_of(told.event), told.event
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
                        "stated_at": instant_text(due.stated.event.occurred_at),
                        "cause": [due.stated.topic, due.stated.partition, due.stated.offset],
                    }
                    | ({} if due.at is None else {"at": instant_text(due.at)})
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
            of_account = [event for event in every if field_of(event, "account_id") == account_id]
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
        since = instant_text(wait.since)
        part = {"on": since[:10], "stated_at": since, "cause": wait.position, "at": since}
        return part if wait.told is None else part | {"told": wait.token}

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
        last = newest_of(
            told.event
            for told in before
            if isinstance(told.event, AccountEntryBooked | AccountBalanceReported)
            and told.event.account_id == event.account_id
        )
        if last is not None and event.source_seq <= last.source_seq:
            return
        threshold = in_minor(rule.threshold, event.currency)
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
        threshold = in_minor(rule.threshold, event.currency)
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
                "booked_on": day_text(event.booked_on),
                "threshold_minor": threshold,
            }
            subject, cause = f"account:{event.account_id}", f"{event.source}:{event.source_seq}"
            was = {"balance_minor": event.balance_minor - event.amount_minor}
            values = was, {"balance_minor": event.balance_minor}
            self._raise(rule, subject, cause, event.occurred_at, record, payload, values=values)

    # -- lending --

    def _earlier(self, before: list[Record], section: str, compute: Callable[[], Any]) -> Any:
        """What `compute` said before the record; None when the section was not there."""
        if not any(section_of(told.event) == section for told in before):
            return None
        told, self.told = self.told, before
        try:
            return compute()
        finally:
            self.told = told

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
            "complaint_on": day_text(event.received_on),
            "content": event.content,
            "customer_id": self.customer_id,
            "customer_name": self.profile()["name"],
        }
        self._raise(rule, f"complaint:{event.complaint_id}", "received", event.occurred_at, record, payload)

    def _end_ahead(self, rule: AheadRule, record: Record, before: list[Record]) -> None:
        """What a rule on a day ahead told of is over, because its subject ended."""
        event: Any = record.event
        section = section_of(event)
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
        section = section_of(event)
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
            self._resolve(rule, "interactions", instant_text(was), record)

    def _state_limits(self, record: Record) -> None:
        """What is owed to a complaint from its newest receipt on, until something newer ends it."""
        event: Any = record.event
        events: list[Any] = [told.event for told in self.told if section_of(told.event) == section_of(event)]
        received = newest_of(other for other in events if isinstance(other, ComplaintReceived))
        is_newest = received is event and all(told is record or told.event is not event for told in self.told)
        after = [other for other in events if received is None or other.source_seq > received.source_seq]
        moved = [other for other in after if complaint_status(other) is not None]
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
        told = [other for other in self.told if section_of(other.event) == section_of(event)]
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
            stating = [other for other in told if field_of(other.event, "expires_on")]
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
        lived = nothing | (alert["life"] or {}) | {"at": instant_text(at), "by": None} | life
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
        until = instant_text(event.until) if isinstance(event, AlertSnoozed) else None
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
                payload = {day: day_text(due.on), "days_before": number, **what}
                if rule.offers:
                    held = products(self.sections())
                    payload["offers"] = [offer.name for offer in rule.offers if offer.unless_holds not in held]
                cause, raised_at = self._cause(due.on, number, days), max(due_at, stated.occurred_at)
                group = f"{key}|{due.on.isoformat()}|{-number:+}{self._unit(key)}"
                self._raise(rule, subject, cause, raised_at, due.stated, payload, group, due_on=due.on)

    def _silent(self, rule: NoContactRule, due: _Due, due_at: datetime) -> None:
        assert due.at is not None
        if self._covers(rule, self.interactions()):
            last = instant_text(due.at)
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
            "complaint_on": day_text(due.on),
            "last_day_on": day_text(
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
                "outstanding_minor": outstanding_of(drawdown),
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
                "raised_at": instant_text(raised_at),
                "severity": rule.severity.value,
                "state": "raised",
                "to": self._to(rule.kind, rule.addressee),
                "addressee": rule.addressee,
                "group_id": self._group_id(group or record.event.event_id),
                "due_on": day_text(due_on),
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
            return {"threshold_minor": in_minor(threshold, payload["currency"])}
        case CollateralBelowCoverRule():
            return {"percent": rule.percent, "cover_percent": payload["cover_percent"]}
    return {}

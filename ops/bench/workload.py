"""The reference job: a bank's events in event-time order, without end, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, Final

import orjson

from connectors.sources.ordering import OutgoingEvent
from ops.bench.peers.banking import JOB_TOPICS

__all__ = ["JOB_TOPICS", "Workload"]

EPOCH: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
MATURITY: Final = date(2055, 1, 4)
"""Far off: a flood of maturities is another benchmark."""
SOURCE: Final = "core"
CURRENCY: Final = "CZK"
MANAGERS: Final = 120
OPENINGS: Final = 0.12
"""Share of openings among the events drawn while there are customers to come; each is 4 to 10 events."""
LARGE_SHARE: Final = 0.007
"""Of the entries, in the backlog."""
LARGE_MINOR: Final = 6_000_000
"""Above the threshold of `large_entry`; every other amount is far below."""
ENTRIES, REPAYMENTS, REPORTS, COMPLAINTS = 0.94, 0.97, 0.992, 0.995
"""Of what existing customers do: an entry below the first, else a repayment, a reported balance, a complaint, an
amendment of the profile."""


@dataclass(slots=True)
class _Account:
    account_id: str
    balance_minor: int
    seq: int = 0


@dataclass(slots=True)
class _Customer:
    number: str
    accounts: list[_Account] = field(default_factory=list)
    loan_id: str | None = None
    repayments: int = 0
    complaints: int = 0
    amendments: int = 0


@dataclass(frozen=True)
class Workload:
    """How many customers, and what it is drawn from."""

    customers: int
    seed: int = 360

    def events(self, after: int = 0, large_share: float = LARGE_SHARE) -> Iterator[OutgoingEvent]:
        """All events, in order: customers come in the first part, and are then active for ever, each as likely.

        Those following the first `after` ones, with `large_share` of their entries large enough for an alert.
        """
        bank = _Bank(self)
        for _ in islice(bank.events, after):
            pass
        bank.large_share = large_share
        return bank.events


class _Bank:
    def __init__(self, workload: Workload) -> None:
        self.large_share = LARGE_SHARE
        self.events = self._all_events()
        self._workload = workload
        self._random = Random(workload.seed)
        self._customers: list[_Customer] = []
        self._at = EPOCH
        self._count = 0

    def _all_events(self) -> Iterator[OutgoingEvent]:
        while True:
            few = len(self._customers)
            if few < self._workload.customers and (not few or self._random.random() < OPENINGS):
                yield from self._open(_Customer(f"C{few:07d}"))
            else:
                yield self._act(self._random.choice(self._customers))

    def _open(self, customer: _Customer) -> Iterator[OutgoingEvent]:
        number = customer.number
        self._customers.append(customer)
        name = f"Customer {number}"
        facts = {"name": name, "kind": "personal", "registered_on": self._day(), "phone": "+420777000000"}
        yield self._event("customer-changes", "customer.registered", customer, number, 0, facts)
        manager = f"M{self._random.randrange(MANAGERS):03d}"
        facts = {"relationship_id": f"H{number}", "role": "host", "party_id": manager}
        yield self._event("customer-changes", "relationship.assigned", customer, f"H{number}", 0, facts)
        for place in range(2 + self._random.randrange(5)):
            yield self._open_account(customer, f"A{number}-{place}")
        if self._random.random() < 0.3:
            yield from self._lend(customer, f"L{number}")

    def _open_account(self, customer: _Customer, account_id: str) -> OutgoingEvent:
        customer.accounts.append(_Account(account_id, self._random.randrange(100_000, 6_000_000)))
        facts = {"account_id": account_id, "product": "current", "currency": CURRENCY, "opened_on": self._day()}
        return self._event("account-changes", "account.opened", customer, account_id, 0, facts)

    def _lend(self, customer: _Customer, loan_id: str) -> Iterator[OutgoingEvent]:
        customer.loan_id = loan_id
        facts: dict[str, Any] = {"contract_id": loan_id, "limit_minor": 20_000_000, "currency": CURRENCY}
        facts["signed_on"] = self._day()
        yield self._event("loan-drawdowns", "loan.contract_signed", customer, loan_id, 0, facts)
        drawn = {"contract_id": loan_id, "drawdown_id": "1", "amount_minor": 15_000_000, "currency": CURRENCY}
        drawn |= {"drawn_on": self._day(), "maturity_on": MATURITY.isoformat()}
        yield self._event("loan-drawdowns", "loan.drawn_down", customer, f"{loan_id}/1", 0, drawn)

    def _act(self, customer: _Customer) -> OutgoingEvent:
        drawn = self._random.random()
        account = self._random.choice(customer.accounts)
        if drawn < ENTRIES:
            return self._book(customer, account)
        if drawn < REPAYMENTS and customer.loan_id is not None:
            return self._repay(customer, customer.loan_id)
        if drawn < REPORTS:
            return self._report(customer, account)
        if drawn < COMPLAINTS:
            return self._complain(customer)
        customer.amendments += 1
        facts = {"phone": f"+420777{customer.amendments:06d}"}
        return self._event(
            "customer-changes", "customer.amended", customer, customer.number, customer.amendments, facts
        )

    def _book(self, customer: _Customer, account: _Account) -> OutgoingEvent:
        account.seq += 1
        if self._random.random() < self.large_share:
            amount = LARGE_MINOR if account.balance_minor < 2 * LARGE_MINOR else -LARGE_MINOR
        else:
            # Drawn towards the middle, so that balances cross the threshold of `large_balance` only now and then.
            amount = self._random.randrange(-400_000, 400_000) + (3_000_000 - account.balance_minor) // 20
        account.balance_minor += amount
        facts = {
            "account_id": account.account_id,
            "amount_minor": amount,
            "balance_minor": account.balance_minor,
            "currency": CURRENCY,
            "booked_on": self._day(),
        }
        return self._event("account-changes", "account.entry_booked", customer, account.account_id, account.seq, facts)

    def _report(self, customer: _Customer, account: _Account) -> OutgoingEvent:
        account.seq += 1
        facts = {"account_id": account.account_id, "balance_minor": account.balance_minor, "currency": CURRENCY}
        return self._event(
            "account-changes", "account.balance_reported", customer, account.account_id, account.seq, facts
        )

    def _repay(self, customer: _Customer, loan_id: str) -> OutgoingEvent:
        customer.repayments += 1
        facts = {"contract_id": loan_id, "drawdown_id": "1", "amount_minor": 50_000, "currency": CURRENCY}
        facts["repaid_on"] = self._day()
        return self._event("loan-drawdowns", "loan.repaid", customer, f"{loan_id}/1", customer.repayments, facts)

    def _complain(self, customer: _Customer) -> OutgoingEvent:
        complaint_id = f"K{customer.number}-{customer.complaints}"
        customer.complaints += 1
        facts = {"complaint_id": complaint_id, "received_on": self._day(), "product": "Current account"}
        facts |= {"issue": "Charged twice", "content": "Charged twice for one card payment", "channel": "web"}
        return self._event("complaint-events", "complaint.received", customer, complaint_id, 0, facts)

    def _day(self) -> str:
        return self._at.date().isoformat()

    def _event(
        self, topic: str, kind: str, customer: _Customer, entity: str, seq: int, facts: dict[str, Any]
    ) -> OutgoingEvent:
        self._count += 1
        self._at = EPOCH + timedelta(seconds=self._count)
        at = self._at.strftime("%Y-%m-%dT%H:%M:%SZ")
        event_id = f"{entity}:{seq}"
        header: dict[str, Any] = {"event_id": event_id, "type": kind, "customer_id": customer.number}
        header |= {"source": SOURCE, "source_seq": seq, "occurred_at": at, "recorded_at": at}
        return OutgoingEvent((at,), topic, customer.number, orjson.dumps(header | facts), event_id, kind)

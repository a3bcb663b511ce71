"""What the job must lead to, worked out from its events alone: what no contender may leave undone.

Shares no code with any contender. It covers what all of them promise: the last balance and the number of entries of
each account, what is owed on each loan, complaints, phone and manager, and the alerts as (kind, subject), each counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from connectors.sources.ordering import OutgoingEvent

__all__ = ["CustomerFacts", "Facts", "differences", "facts_of"]

LARGE_BALANCE: Final = 10_000_000
REARM_BELOW: Final = 9_500_000
LARGE_ENTRY: Final = 5_000_000
NAMED: Final = 3


@dataclass
class CustomerFacts:
    """Of one customer."""

    phone: str | None = None
    manager: str | None = None
    accounts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Account -> (balance, entries)."""
    loans: dict[str, int] = field(default_factory=dict)
    """Contract -> outstanding."""
    complaints: set[str] = field(default_factory=set)


@dataclass
class Facts:
    """Of all customers, and the alerts."""

    customers: dict[str, CustomerFacts] = field(default_factory=dict)
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)


def facts_of(events: Iterable[OutgoingEvent]) -> Facts:
    """Of these events, in order."""
    facts, high = Facts(), dict[str, bool]()
    for outgoing in events:
        event = orjson.loads(outgoing.value)
        customer = facts.customers.setdefault(outgoing.key, CustomerFacts())
        _note(customer, event)
        facts.alerts.update(_alerts(event, high))
    return facts


def _note(customer: CustomerFacts, event: dict[str, Any]) -> None:
    kind = event["type"]
    if "phone" in event:
        customer.phone = event["phone"]
    if kind == "relationship.assigned":
        customer.manager = event["party_id"]
    elif kind.startswith("account."):
        balance, entries = customer.accounts.get(event["account_id"], (0, 0))
        booked = kind == "account.entry_booked"
        customer.accounts[event["account_id"]] = (event.get("balance_minor", balance), entries + booked)
    elif kind.startswith("loan."):
        sign = {"loan.drawn_down": 1, "loan.repaid": -1}.get(kind, 0)
        owed = customer.loans.get(event["contract_id"], 0)
        customer.loans[event["contract_id"]] = owed + sign * event.get("amount_minor", 0)
    elif kind == "complaint.received":
        customer.complaints.add(event["complaint_id"])


def _alerts(event: dict[str, Any], high: dict[str, bool]) -> list[tuple[str, str]]:
    if event["type"] == "complaint.received":
        return [("complaint_reminder", f"complaint:{event['complaint_id']}")]
    if "balance_minor" not in event:
        return []
    subject, found = f"account:{event['account_id']}", []
    if not high.get(subject) and event["balance_minor"] >= LARGE_BALANCE:
        high[subject] = True
        found.append(("large_balance", subject))
    elif event["balance_minor"] < REARM_BELOW:
        high[subject] = False
    if abs(event.get("amount_minor", 0)) >= LARGE_ENTRY:
        found.append(("large_entry", subject))
    return found


def differences(expected: Facts, found: Facts) -> list[str]:
    """In words, the first few of each sort; empty when there are none."""
    wrong = [
        f"customer {number}: {found.customers.get(number)} where {customer} is due"
        for number, customer in expected.customers.items()
        if found.customers.get(number) != customer
    ]
    more = [f"customer {number} is none of the job's" for number in found.customers.keys() - expected.customers.keys()]
    missing = expected.alerts - found.alerts
    extra = found.alerts - expected.alerts
    return [
        *_few(wrong),
        *_few(more),
        *_few([f"{count} alert missing: {alert}" for alert, count in missing.items()]),
        *_few([f"{count} alert too many: {alert}" for alert, count in extra.items()]),
    ]


def _few(lines: list[str]) -> list[str]:
    return lines if len(lines) <= NAMED else [*lines[:NAMED], f"and {len(lines) - NAMED} more"]

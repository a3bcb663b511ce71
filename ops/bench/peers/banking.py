"""The Python peers' banking: one dict per customer, plain functions over it, and the record checked by hand.

Simpler than c360's folds: nothing recognises duplicates or disorder, no summary, no deadlines, no proof. What it leaves
out only makes the peers faster. It needs nothing of c360 and nothing but orjson, so that it runs in any peer's own
environment.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson

__all__ = ["JOB_TOPICS", "Malformed", "View", "fold", "parse"]

View = dict[str, Any]
Event = dict[str, Any]
Alerts = list[dict[str, Any]]

JOB_TOPICS: Final = ("customer-changes", "account-changes", "loan-drawdowns", "complaint-events")

LARGE_BALANCE: Final = 10_000_000
REARM_BELOW: Final = 9_500_000
LARGE_ENTRY: Final = 5_000_000

_HEADER: Final = {"event_id": str, "customer_id": str, "source": str, "source_seq": int, "occurred_at": str}


class Malformed(ValueError):
    """A record that is no event of the job; it goes to the peer's dead letters."""


def parse(key: bytes | None, value: bytes | None) -> Event:
    """The event of a record, the fields that are used checked for presence and type; raises `Malformed`."""
    try:
        event = orjson.loads(value or b"")
    except orjson.JSONDecodeError as error:
        raise Malformed(str(error)) from None
    kind = event.get("type") if type(event) is dict else None
    if kind not in _FIELDS:
        raise Malformed(f"type: {kind!r}")
    for name, wanted in _FIELDS[kind]:
        if type(event.get(name)) is not wanted:
            raise Malformed(f"{name}: should be {wanted.__name__}")
    if key != event["customer_id"].encode():
        raise Malformed("key: should be the customer_id")
    parsed: Event = event
    return parsed


def fold(view: View, event: Event) -> Alerts:
    """Change the view by the event; the alerts it causes."""
    view.setdefault("customer_id", event["customer_id"])
    return _FOLDS[event["type"]](view, event)


def _register(view: View, event: Event) -> Alerts:
    view["name"], view["phone"] = event["name"], event["phone"]
    return []


def _amend(view: View, event: Event) -> Alerts:
    view["phone"] = event["phone"]
    return []


def _assign(view: View, event: Event) -> Alerts:
    view["host_manager"] = event["party_id"]
    return []


def _open(view: View, event: Event) -> Alerts:
    account = _account(view, event)
    account["product"], account["currency"] = event["product"], event["currency"]
    account["opened_on"] = event["opened_on"]
    return []


def _book(view: View, event: Event) -> Alerts:
    account = _account(view, event)
    account["entries"] += 1
    account["last_entry_at"] = event["occurred_at"]
    alerts = _judge(view, account, event)
    if abs(event["amount_minor"]) >= LARGE_ENTRY:
        alerts.append(_alert("large_entry", f"account:{event['account_id']}", view, event, event["amount_minor"]))
    return alerts


def _report(view: View, event: Event) -> Alerts:
    return _judge(view, _account(view, event), event)


def _account(view: View, event: Event) -> dict[str, Any]:
    accounts = view.get("accounts")
    if accounts is None:
        accounts = view["accounts"] = {}
    account: dict[str, Any] | None = accounts.get(event["account_id"])
    if account is None:
        account = accounts[event["account_id"]] = {
            "account_id": event["account_id"],
            "status": "open",
            "balance_minor": 0,
            "entries": 0,
            "last_entry_at": None,
            "armed": True,
        }
    return account


def _judge(view: View, account: dict[str, Any], event: Event) -> Alerts:
    balance = account["balance_minor"] = event["balance_minor"]
    if account["armed"] and balance >= LARGE_BALANCE:
        account["armed"] = False
        return [_alert("large_balance", f"account:{event['account_id']}", view, event, balance)]
    if balance < REARM_BELOW:
        account["armed"] = True
    return []


def _loan(view: View, event: Event) -> dict[str, Any]:
    loan: dict[str, Any] = view.setdefault("loans", {}).setdefault(event["contract_id"], {"outstanding_minor": 0})
    return loan


def _sign(view: View, event: Event) -> Alerts:
    _loan(view, event)["contract_minor"] = event["limit_minor"]
    return []


def _draw(view: View, event: Event) -> Alerts:
    loan = _loan(view, event)
    loan["outstanding_minor"] += event["amount_minor"]
    loan["maturity_on"] = event["maturity_on"]
    return []


def _repay(view: View, event: Event) -> Alerts:
    _loan(view, event)["outstanding_minor"] -= event["amount_minor"]
    return []


def _complain(view: View, event: Event) -> Alerts:
    complaint = {"received_on": event["received_on"], "issue": event["issue"], "content": event["content"]}
    view.setdefault("complaints", {})[event["complaint_id"]] = complaint
    return [_alert("complaint_reminder", f"complaint:{event['complaint_id']}", view, event, None)]


def _alert(kind: str, subject: str, view: View, event: Event, amount_minor: int | None) -> dict[str, Any]:
    return {
        "alert_id": f"{kind}:{event['event_id']}",
        "kind": kind,
        "subject": subject,
        "customer_id": event["customer_id"],
        "to": view.get("host_manager"),
        "raised_at": event["occurred_at"],
        "amount_minor": amount_minor,
    }


def _of(**fields: type) -> tuple[tuple[str, type], ...]:
    return tuple((_HEADER | fields).items())


_ACCOUNT: Final = {"account_id": str, "currency": str}
_FIELDS: Final[dict[str, tuple[tuple[str, type], ...]]] = {
    "customer.registered": _of(name=str, phone=str),
    "customer.amended": _of(phone=str),
    "relationship.assigned": _of(party_id=str),
    "account.opened": _of(**_ACCOUNT, product=str, opened_on=str),
    "account.entry_booked": _of(**_ACCOUNT, amount_minor=int, balance_minor=int),
    "account.balance_reported": _of(**_ACCOUNT, balance_minor=int),
    "loan.contract_signed": _of(contract_id=str, limit_minor=int),
    "loan.drawn_down": _of(contract_id=str, amount_minor=int, maturity_on=str),
    "loan.repaid": _of(contract_id=str, amount_minor=int),
    "complaint.received": _of(complaint_id=str, received_on=str, issue=str, content=str),
}
_FOLDS: Final[dict[str, Callable[[View, Event], Alerts]]] = {
    "customer.registered": _register,
    "customer.amended": _amend,
    "relationship.assigned": _assign,
    "account.opened": _open,
    "account.entry_booked": _book,
    "account.balance_reported": _report,
    "loan.contract_signed": _sign,
    "loan.drawn_down": _draw,
    "loan.repaid": _repay,
    "complaint.received": _complain,
}

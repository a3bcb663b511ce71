"""The peer's banking: the same job written the usual way, one dict per customer and plain functions over it.

Simpler than c360's folds: nothing recognises duplicates or disorder, no summary, no deadlines, no proof. What it leaves
out only makes the peer faster.
"""

from collections.abc import Callable
from typing import Any, Final

from schemas.accounts import AccountBalanceReported, AccountEntryBooked, AccountOpened
from schemas.complaints import ComplaintReceived
from schemas.customers import CustomerAmended, CustomerRegistered, RelationshipAssigned
from schemas.loans import LoanContractSigned, LoanDrawnDown, LoanRepaid

__all__ = ["View", "fold"]

View = dict[str, Any]

LARGE_BALANCE: Final = 10_000_000
REARM_BELOW: Final = 9_500_000
LARGE_ENTRY: Final = 5_000_000


def fold(view: View, event: Any) -> list[dict[str, Any]]:
    """Change the view by the event; the alerts it causes."""
    view.setdefault("customer_id", event.customer_id)
    return _FOLDS[type(event)](view, event)


def _register(view: View, event: CustomerRegistered) -> list[dict[str, Any]]:
    view["name"], view["phone"] = event.name, event.phone
    return []


def _amend(view: View, event: CustomerAmended) -> list[dict[str, Any]]:
    view["phone"] = event.phone
    return []


def _assign(view: View, event: RelationshipAssigned) -> list[dict[str, Any]]:
    view["host_manager"] = event.party_id
    return []


def _open(view: View, event: AccountOpened) -> list[dict[str, Any]]:
    view.setdefault("accounts", {})[event.account_id] = {
        "product": event.product,
        "currency": event.currency,
        "opened_on": event.opened_on.isoformat(),
        "balance_minor": 0,
        "entries": 0,
        "armed": True,
    }
    return []


def _book(view: View, event: AccountEntryBooked) -> list[dict[str, Any]]:
    account = _account(view, event)
    account["entries"] += 1
    alerts = _judge(view, account, event)
    if abs(event.amount_minor) >= LARGE_ENTRY:
        alerts.append(_alert("large_entry", view, event, event.amount_minor))
    return alerts


def _report(view: View, event: AccountBalanceReported) -> list[dict[str, Any]]:
    return _judge(view, _account(view, event), event)


def _account(view: View, event: AccountEntryBooked | AccountBalanceReported) -> dict[str, Any]:
    # Topics are read side by side, but an account's own events are in order.
    account: dict[str, Any] = view["accounts"][event.account_id]
    return account


def _judge(
    view: View, account: dict[str, Any], event: AccountEntryBooked | AccountBalanceReported
) -> list[dict[str, Any]]:
    account["balance_minor"] = event.balance_minor
    if account["armed"] and event.balance_minor >= LARGE_BALANCE:
        account["armed"] = False
        return [_alert("large_balance", view, event, event.balance_minor)]
    if event.balance_minor < REARM_BELOW:
        account["armed"] = True
    return []


def _sign(view: View, event: LoanContractSigned) -> list[dict[str, Any]]:
    loan = view.setdefault("loans", {}).setdefault(event.contract_id, {"outstanding_minor": 0})
    loan["contract_minor"] = event.limit_minor
    return []


def _draw(view: View, event: LoanDrawnDown) -> list[dict[str, Any]]:
    loan = view.setdefault("loans", {}).setdefault(event.contract_id, {"outstanding_minor": 0})
    loan["outstanding_minor"] += event.amount_minor
    loan["maturity_on"] = event.maturity_on.isoformat()
    return []


def _repay(view: View, event: LoanRepaid) -> list[dict[str, Any]]:
    view["loans"][event.contract_id]["outstanding_minor"] -= event.amount_minor
    return []


def _complain(view: View, event: ComplaintReceived) -> list[dict[str, Any]]:
    complaint = {"received_on": event.received_on.isoformat(), "issue": event.issue, "content": event.content}
    view.setdefault("complaints", {})[event.complaint_id] = complaint
    return [_alert("complaint_reminder", view, event, None)]


def _alert(kind: str, view: View, event: Any, amount_minor: int | None) -> dict[str, Any]:
    return {
        "alert_id": f"{kind}:{event.event_id}",
        "kind": kind,
        "customer_id": event.customer_id,
        "to": view.get("host_manager"),
        "raised_at": event.occurred_at.isoformat(),
        "amount_minor": amount_minor,
    }


_FOLDS: Final[dict[type, Callable[[View, Any], list[dict[str, Any]]]]] = {
    CustomerRegistered: _register,
    CustomerAmended: _amend,
    RelationshipAssigned: _assign,
    AccountOpened: _open,
    AccountEntryBooked: _book,
    AccountBalanceReported: _report,
    LoanContractSigned: _sign,
    LoanDrawnDown: _draw,
    LoanRepaid: _repay,
    ComplaintReceived: _complain,
}

"""A customer view as a call-centre person reads it: who, what needs attention, then the rest."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from connectors.serving.freshness import Freshness, duration
from connectors.serving.wording import alert_in_words, event_in_words, money, one_line

__all__ = ["view_page"]

_LATEST_ALERTS: Final = 5
_OVER: Final = frozenset({"closed", "settled", "resolved", "withdrawn", "released", "expired"})
_LATEST_CONTACTS: Final = 5
_LATEST_EVENTS: Final = 10

View = dict[str, Any]


def view_page(view: View, freshness: Freshness, now: datetime) -> RenderableType:
    """The page of an assembled view (parsed); `now` in UTC tells ages."""
    parts = [_head(view), *_strip(view), *_tables(view), _foot(view, freshness, now)]
    return Group(*parts)


def _head(view: View) -> RenderableType:
    lines = Text()
    lines.append(one_line(view["name"] or "Name not known yet"), style="bold")
    lines.append(f"   customer {view['customer_id']}")
    if view.get("vip"):
        lines.append("   VIP", style="bold yellow")
    if view.get("tier"):
        lines.append(f"   tier {view['tier']}")
    lines.append(f"\nHost manager {view['host_manager'] or 'not known yet'}")
    for label, field in (("co-hosts", "co_hosts"), ("signatories", "signatories")):
        if view[field]:
            lines.append(one_line(f"   {label} {', '.join(view[field])}"))
    for label, field in (("registered", "registered_on"), ("phone", "phone"), ("e-mail", "email")):
        if view.get(field):
            lines.append(one_line(f"   {label} {view[field]}"))
    if held := view["holdings"]["products"]:
        named = (f"{product} ({n})" if n > 1 else product for product, n in sorted(held.items()))
        lines.append(one_line(f"\nHolds {', '.join(named)}"))
    return Panel(lines, border_style="cyan")


def _strip(view: View) -> Iterator[RenderableType]:
    warnings = list(_warnings(view))
    if warnings:
        yield Panel(Text("\n".join(warnings)), title="Attention", border_style="red", title_align="left")


def _warnings(view: View) -> Iterator[str]:
    open_complaints = [c for c in view["complaints"].values() if c["status"] not in _OVER]
    if open_complaints:
        oldest = min((c["received_on"] or "?") for c in open_complaints)
        yield f"{_count(len(open_complaints), 'open complaint')}, the oldest of {oldest}"
    for contract_id, loan in view["loans"].items():
        if loan["status"] == "in_arrears":
            yield f"loan {contract_id} is in arrears: {money(loan['arrears_minor'], loan['currency'])}"
    for contract_id, guarantee in view["guarantees"].items():
        if guarantee["status"] == "called":
            yield f"guarantee {contract_id} is called: {money(guarantee['called_minor'], guarantee['currency'])}"
    for account_id, account in view["accounts"].items():
        if account["status"] == "frozen":
            yield f"account {account_id} is frozen: {money(account['frozen_minor'], account['currency'])}"
    if view["alerts"]:
        latest = _by_time(view)[0]
        what = alert_in_words(latest["kind"], latest["payload"])
        yield f"{_count(len(view['alerts']), 'alert')}; the latest of {latest['raised_at'][:10]}: {what}"


def _tables(view: View) -> Iterator[RenderableType]:
    contracts = (_loans(view), _guarantees(view), _acceptances(view), _collateral(view))
    for made in (_accounts(view), *contracts, _complaints(view), _contacts(view), _alerts(view), _timeline(view)):
        if made.row_count:
            yield made


def _table(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", expand=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _accounts(view: View) -> Table:
    table = _table(
        "Accounts",
        "account",
        "product",
        "status",
        "balance",
        "entries",
        "opened",
        "matures",
        right=("balance", "entries"),
    )
    for account_id, account in sorted(view["accounts"].items(), key=_over_last):
        table.add_row(
            account_id,
            _said(account["product"]),
            account["status"],
            money(account["balance_minor"], account["currency"]),
            f"{account['entries']:,}",
            _said(account["opened_on"]),
            _said(account["maturity_on"]),
            style="dim" if account["status"] in _OVER else None,
        )
    return table


def _loans(view: View) -> Table:
    table = _table(
        "Loans",
        "loan",
        "status",
        "agreed or drawn",
        "outstanding",
        "arrears",
        "matures",
        right=("agreed or drawn", "outstanding", "arrears"),
    )
    for contract_id, loan in sorted(view["loans"].items(), key=_over_last):
        currency = loan["currency"]
        amounts = (loan["contract_minor"], loan["outstanding_minor"], loan["arrears_minor"])
        table.add_row(contract_id, loan["status"], *(money(a, currency) for a in amounts), _said(loan["maturity_on"]))
        for drawdown_id, drawdown in sorted(loan["drawdowns"].items()):
            owed = max(0, (drawdown["amount_minor"] or 0) - drawdown["repaid_minor"])
            outstanding = 0 if drawdown["status"] in _OVER else owed
            amounts = (drawdown["amount_minor"], outstanding, drawdown["arrears_minor"])
            shown = (money(a, currency) for a in amounts)
            table.add_row(
                f"  drawdown {drawdown_id}", drawdown["status"], *shown, _said(drawdown["maturity_on"]), style="dim"
            )
    return table


def _guarantees(view: View) -> Table:
    columns = ("guarantee", "letter", "status", "amount", "called", "beneficiary", "expires")
    table = _table("Guarantees", *columns, right=("amount", "called"))
    for contract_id, guarantee in sorted(view["guarantees"].items(), key=_over_last):
        table.add_row(
            contract_id,
            _said(guarantee["letter_number"]),
            guarantee["status"],
            *(money(guarantee[name], guarantee["currency"]) for name in ("amount_minor", "called_minor")),
            _said(guarantee["beneficiary"]),
            _said(guarantee["expires_on"]),
            style="dim" if guarantee["status"] in _OVER else None,
        )
    return table


def _acceptances(view: View) -> Table:
    columns = ("acceptance", "status", "accepted", "to provide", "matures")
    table = _table("Acceptances", *columns, right=("accepted", "to provide"))
    for contract_id, contract in sorted(view["acceptances"].items(), key=_over_last):
        amounts = (contract[name] for name in ("accepted_minor", "outstanding_minor"))
        shown = (money(amount, contract["currency"]) for amount in amounts)
        table.add_row(contract_id, contract["status"], *shown, _said(contract["maturity_on"]))
        for bill_id, bill in sorted(contract["bills"].items()):
            owed = max(0, (bill["amount_minor"] or 0) - bill["paid_minor"])
            amounts = (amount for amount in (bill["amount_minor"], 0 if bill["status"] in _OVER else owed))
            shown = (money(amount, contract["currency"]) for amount in amounts)
            table.add_row(f"  bill {bill_id}", bill["status"], *shown, _said(bill["maturity_on"]), style="dim")
    return table


def _collateral(view: View) -> Table:
    table = _table("Collateral", "contract", "pledge", "kind", "status", "value", "valued", "what", right=("value",))
    for contract_id, collateral in sorted(view["collateral"].items()):
        for collateral_id, pledge in sorted(collateral["pledges"].items(), key=_over_last):
            table.add_row(
                contract_id,
                collateral_id,
                _said(pledge["kind"]).replace("_", " "),
                pledge["status"],
                money(pledge["value_minor"], collateral["currency"]),
                _said(pledge["valued_on"]),
                _said(pledge["description"]),
                style="dim" if pledge["status"] in _OVER else None,
            )
    return table


def _contacts(view: View) -> Table:
    contacts = (view["interactions"] or {"contacts": []})["contacts"]
    shown = min(_LATEST_CONTACTS, len(contacts))
    table = _table(f"Latest contacts ({shown})", "when", "channel", "direction", "outcome", "by", "note")
    for contact in list(reversed(contacts))[:shown]:
        table.add_row(
            contact["at"][:16].replace("T", " "),
            contact["channel"].replace("_", "-"),
            contact["direction"],
            contact["outcome"].replace("_", " "),
            _said(contact["party_id"]),
            _said(contact["note"]),
        )
    return table


def _complaints(view: View) -> Table:
    table = _table("Complaints", "complaint", "received", "status", "product", "issue")
    newest_first = sorted(view["complaints"].items(), key=lambda entry: entry[1]["received_on"] or "", reverse=True)
    for complaint_id, complaint in newest_first:
        table.add_row(
            complaint_id,
            _said(complaint["received_on"]),
            complaint["status"],
            _said(complaint["product"]),
            _said(complaint["issue"]),
            style="dim" if complaint["status"] in _OVER else None,
        )
    return table


def _alerts(view: View) -> Table:
    shown = min(_LATEST_ALERTS, len(view["alerts"]))
    table = _table(f"Latest alerts ({shown} of {len(view['alerts'])})", "raised", "kind", "severity", "to", "what")
    for alert in _by_time(view)[:_LATEST_ALERTS]:
        table.add_row(
            alert["raised_at"][:16].replace("T", " "),
            alert["kind"].replace("_", " "),
            alert["severity"],
            alert["to"],
            alert_in_words(alert["kind"], alert["payload"]),
        )
    return table


def _timeline(view: View) -> Table:
    events = view["timeline"]["events"]
    shown = min(_LATEST_EVENTS, len(events))
    table = _table(f"Timeline (latest {shown} of {len(events)})", "when", "about", "what")
    for event in list(reversed(events))[:shown]:
        at = event["at"][:16].replace("T", " ")
        table.add_row(at, one_line(event["subject"]), event_in_words(event["type"], event["detail"]))
    return table


def _foot(view: View, freshness: Freshness, now: datetime) -> RenderableType:
    age = (now - datetime.fromisoformat(view["as_of"])).total_seconds()
    text = Text(f"Last changed {duration(age)} ago ({view['as_of']}).", style="dim")
    reasons = freshness.shortcomings(now.timestamp())
    if not reasons:
        text.append(" Up to date.")
        return text
    text.append(f" MAY BE OLD: {'; '.join(reasons)}.", style="bold yellow not dim")
    return text


def _by_time(view: View) -> list[dict[str, Any]]:
    return sorted(view["alerts"].values(), key=lambda alert: (alert["raised_at"], alert["alert_id"]), reverse=True)


def _over_last(entry: tuple[str, dict[str, Any]]) -> tuple[bool, str]:
    return entry[1]["status"] in _OVER, entry[0]


def _said(text: str | None) -> str:
    return one_line(text) if text is not None else "-"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"

"""Money and alerts as a person at the bank reads them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.base import CURRENCY_EXPONENTS

__all__ = ["alert_in_words", "money", "one_line"]


def money(minor: int | None, currency: str | None) -> str:
    """Minor units with their currency: 1234567 CZK -> `12,345.67 CZK`; a dash when there is none."""
    if minor is None:
        return "-"
    if currency is None:
        return f"{minor:,} minor units"
    exponent = CURRENCY_EXPONENTS[currency]
    major, rest = divmod(abs(minor), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{major:,}{decimals} {currency}"


def one_line(text: str) -> str:
    """Text from outside without line breaks and control characters, which could rewrite a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def alert_in_words(kind: str, payload: Mapping[str, Any]) -> str:
    """What an alert says, in one line."""
    said = _WORDING.get(kind)
    return one_line(said(payload) if said else ", ".join(f"{name} {value}" for name, value in payload.items()))


def _large_balance(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    return (
        f"account {payload['account_id']} holds {money(payload['balance_minor'], currency)} "
        f"(threshold {money(payload['threshold_minor'], currency)})"
    )


def _large_entry(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    direction = "debit" if payload["amount_minor"] < 0 else "credit"
    return (
        f"{direction} of {money(abs(payload['amount_minor']), currency)} on account {payload['account_id']}, "
        f"booked on {payload['booked_on']}; balance {money(payload['balance_minor'], currency)}"
    )


def _maturity(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    if "drawdown_id" in payload:
        what = f"drawdown {payload['drawdown_id']} of loan {payload['contract_id']}"
        amount = f"{money(payload['outstanding_minor'], currency)} outstanding"
    else:
        what = f"deposit {payload['account_id']}"
        amount = f"balance {money(payload['balance_minor'], currency)}"
    return f"{what} matures on {payload['maturity_on']}; {amount}"


def _complaint_reminder(payload: Mapping[str, Any]) -> str:
    who = payload["customer_name"] or payload["customer_id"]
    return f"{who} complained on {payload['complaint_on']}: {payload['content']}"


_WORDING: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "large_balance": _large_balance,
    "large_entry": _large_entry,
    "maturity": _maturity,
    "complaint_reminder": _complaint_reminder,
}

"""Money and alerts as a person at the bank reads them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.base import CURRENCY_EXPONENTS

__all__ = ["alert_in_words", "event_in_words", "money", "one_line"]


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
    return one_line(said(payload) if said else ", ".join(_facts(payload)))


def event_in_words(kind: str, detail: Mapping[str, Any]) -> str:
    """What an event of a timeline says, in one line: `account frozen: freeze F1, amount 500.00 CZK`."""
    facts = _facts(detail)
    what = kind.removeprefix("interaction.").replace(".", " ").replace("_", " ")
    return one_line(f"{what}: {', '.join(facts)}" if facts else what)


def _facts(detail: Mapping[str, Any]) -> list[str]:
    """Each by its name, amounts with the currency that stands beside them."""
    facts = []
    for name, value in detail.items():
        if name == "currency":
            continue
        said = value
        if name.endswith("_minor"):
            said = money(value, detail.get("currency"))
        elif isinstance(value, list):
            said = ", ".join(value)
        facts.append(f"{name.removesuffix('_minor').removesuffix('_id').replace('_', ' ')} {said}")
    return facts


def _birthday(payload: Mapping[str, Any]) -> str:
    who = payload["name"] or "the customer"
    if payload["occasion"] == "founding":
        return f"{who} was founded {payload['years']} years ago on {payload['on']}"
    return f"birthday of {who} on {payload['on']}, {payload['years']} years"


def _dormancy(payload: Mapping[str, Any]) -> str:
    of = payload["accounts"]
    on = "1 account" if of == 1 else f"{of} accounts"
    return f"nothing was booked for {payload['days']} days, since {payload['silent_since']}, on {on}"


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


def _acknowledgement_overdue(payload: Mapping[str, Any]) -> str:
    return f"nobody took up {_complaint(payload)} by {payload['last_day_on']}: {payload['content']}"


def _resolution_overdue(payload: Mapping[str, Any]) -> str:
    return f"{_complaint(payload)} was not answered by {payload['last_day_on']}: {payload['content']}"


def _complaint(payload: Mapping[str, Any]) -> str:
    of = f" of {payload['customer_name']}" if payload["customer_name"] else ""
    return f"complaint {payload['complaint_id']}{of}, received on {payload['complaint_on']},"


def _acceptance_maturity(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    return (
        f"bill {payload['bill_id']} of acceptance {payload['contract_id']} over "
        f"{money(payload['amount_minor'], currency)} matures on {payload['maturity_on']}; "
        f"{money(payload['to_provide_minor'], currency)} to be provided"
    )


def _guarantee_expiry(payload: Mapping[str, Any]) -> str:
    to = f" to {payload['beneficiary']}" if payload["beneficiary"] else ""
    amount = money(payload["amount_minor"], payload["currency"])
    return f"guarantee {payload['contract_id']}{to} over {amount} expires on {payload['expires_on']}"


def _large_drawdown(payload: Mapping[str, Any]) -> str:
    return (
        f"{money(payload['amount_minor'], payload['currency'])} drawn on {payload['drawn_on']} "
        f"by drawdown {payload['drawdown_id']} of loan {payload['contract_id']}, due on {payload['maturity_on']}"
    )


def _limit_nearly_drawn(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    return (
        f"loan {payload['contract_id']} uses {payload['percent']} % of its limit: "
        f"{money(payload['outstanding_minor'], currency)} of {money(payload['limit_minor'], currency)}"
    )


def _drawn_over_limit(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    return (
        f"loan {payload['contract_id']} is {money(payload['over_minor'], currency)} over its limit of "
        f"{money(payload['limit_minor'], currency)}"
    )


def _instalment_missed(payload: Mapping[str, Any]) -> str:
    return (
        f"instalment of {payload['due_on']} missed on drawdown {payload['drawdown_id']} of loan "
        f"{payload['contract_id']} ({payload['missed']} so far); "
        f"{money(payload['arrears_minor'], payload['currency'])} in arrears"
    )


def _arrears(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    return (
        f"loan {payload['contract_id']} is {money(payload['arrears_minor'], currency)} in arrears, with "
        f"{money(payload['outstanding_minor'], currency)} outstanding"
    )


def _freeze_placed(payload: Mapping[str, Any]) -> str:
    why = f": {payload['reason']}" if payload["reason"] else ""
    amount = money(payload["amount_minor"], payload["currency"])
    return f"{amount} frozen on account {payload['account_id']} (freeze {payload['freeze_id']}){why}"


def _collateral_below_cover(payload: Mapping[str, Any]) -> str:
    currency = payload["currency"]
    return (
        f"collateral of contract {payload['contract_id']} is worth {money(payload['value_minor'], currency)}, "
        f"and has to cover {payload['cover_percent']} % of {money(payload['owed_minor'], currency)}"
    )


_WORDING: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "large_balance": _large_balance,
    "large_entry": _large_entry,
    "maturity": _maturity,
    "birthday": _birthday,
    "dormancy": _dormancy,
    "complaint_reminder": _complaint_reminder,
    "acknowledgement_overdue": _acknowledgement_overdue,
    "resolution_overdue": _resolution_overdue,
    "acceptance_maturity": _acceptance_maturity,
    "guarantee_expiry": _guarantee_expiry,
    "large_drawdown": _large_drawdown,
    "limit_nearly_drawn": _limit_nearly_drawn,
    "drawn_over_limit": _drawn_over_limit,
    "instalment_missed": _instalment_missed,
    "arrears": _arrears,
    "freeze_placed": _freeze_placed,
    "collateral_below_cover": _collateral_below_cover,
}

"""Which index entries views ask for, computed anew from whole views in the plainest way; shares no code with the
projector but the names of keys and the hashing.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from connectors.identifiers import Identifiers
from connectors.redis_keys import Keys

__all__ = ["naive_entries"]

Entries = dict[tuple[str, str], float]
Views = Mapping[str, Mapping[str, dict[str, Any]]]
"""Customer -> section -> decoded."""


def naive_entries(views: Views, keys: Keys, identifiers: Identifiers) -> Entries:
    """(key, member) -> score."""
    entries: Entries = {}
    for customer, view in views.items():
        profile = view.get("profile", {})
        whose = {f"manager:{m}" for m in [profile.get("host_manager"), *profile.get("co_hosts", [])] if m is not None}
        home = profile.get("home_branch")
        if home is not None:
            whose.add(f"branch:{home}")
        if "profile" in view:
            _party(entries, customer, profile, whose, keys, identifiers)
        for who in whose:
            last = view.get("interactions", {}).get("last_contact_at")
            entries[keys.contacts(who), customer] = 0 if last is None else datetime.fromisoformat(last).timestamp()
        for currency, balance in view.get("summary", {}).get("totals", {}).get("balance_minor", {}).items():
            for where in {None, home}:
                entries[keys.value(currency, where), customer] = balance
        for name, section in view.items():
            _contract(entries, customer, name, section, (whose, home), keys, identifiers)
    return entries


def _party(
    entries: Entries, customer: str, profile: dict[str, Any], whose: set[str], keys: Keys, identifiers: Identifiers
) -> None:
    for kind, field in (("phone", "phone"), ("document", "document_number"), ("organisation", "organisation_code")):
        written = "".join(letter for letter in (profile.get(field) or "").upper() if letter.isalnum())
        if kind == "phone":
            written = written.lstrip("0")[-9:]
        if written:
            entries[keys.identified(kind, identifiers._hash(kind, written)), customer] = 0
    for who in whose:
        entries[keys.portfolio(who), customer] = 0
        if profile.get("born_on"):
            born = date.fromisoformat(profile["born_on"])
            entries[keys.birthdays(who), customer] = 100 * born.month + born.day
    plain = "".join(c for c in unicodedata.normalize("NFKD", profile.get("name") or "") if not unicodedata.combining(c))
    words = plain.casefold().split()
    for number in range(min(len(words), 4)):
        start = " ".join(words[number:])
        entries[keys.names(identifiers._hash("name", start[0])), f"{start}\0{customer}"] = 0


def _contract(
    entries: Entries,
    customer: str,
    name: str,
    section: dict[str, Any],
    where: tuple[set[str], str | None],
    keys: Keys,
    identifiers: Identifiers,
) -> None:
    whose, home = where
    family, _, number = name.partition(":")
    if family == "alert":
        if section["state"] in ("raised", "acknowledged", "snoozed"):
            at = datetime.fromisoformat(section["raised_at"]).timestamp()
            indexes = [keys.alerts_to(section["to"]), *([] if home is None else [keys.alerts_of(home)])]
            entries.update(dict.fromkeys([(index, f"{customer}/{number}") for index in indexes], at))
    elif family == "complaint":
        if section["status"] in ("open", "in_progress"):
            order = {"received_on": -1, "status": -1, "closed_on": -1, **section["order"]}
            owed = "acknowledgement" if order["status"] <= order["received_on"] else "resolution"
            known = section["received_on"] is not None and order["closed_on"] <= order["received_on"]
            day = date.fromisoformat(section["received_on"]) if known else date(9999, 12, 31)
            entries.update({(keys.complaints(owed, who), f"{customer}/{number}"): day.toordinal() for who in whose})
    elif family in ("account", "loan"):
        entries[keys.identified(family, identifiers._hash(family, number)), customer] = 0
        for subject, on in (_account_due if family == "account" else _loan_due)(name, section):
            for who in whose if on is not None else ():
                entries[keys.maturities(who), f"{customer}/{subject}"] = date.fromisoformat(on).toordinal()
        held: tuple[Any, Any] = (
            section.get("product", "loan"),
            section.get("balance_minor", section.get("outstanding_minor")),
        )
        if None not in (*held, section["currency"]) and section["status"] not in ("closed", "settled"):
            for branch in {None, home}:
                entries[keys.product(held[0], section["currency"], branch), f"{customer}/{name}"] = held[1]


def _account_due(name: str, account: dict[str, Any]) -> list[tuple[str, Any]]:
    return [] if account["status"] == "closed" else [(name, account["maturity_on"])]


def _loan_due(name: str, loan: dict[str, Any]) -> list[tuple[str, Any]]:
    parts = loan["drawdowns"].items()
    return [(f"{name}/drawdown:{one}", part["maturity_on"]) for one, part in parts if part["status"] != "settled"]

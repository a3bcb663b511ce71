"""Sections at random, of the shapes that workers write, as far as index entries follow from them."""

import random
from typing import Any

import orjson

from connectors.sinks.holding import Change

__all__ = ["a_change", "a_complaint", "a_profile", "a_summary", "an_account", "an_alert"]

MANAGERS = ["M1", "M2", None]
NAMES = ["Jana Nováková", "Ján Novák", "Wang 王", "Åse", None]


def a_profile(chance: random.Random) -> dict[str, Any]:
    """A party whose every field may be unknown."""
    return {
        "name": chance.choice(NAMES),
        "host_manager": chance.choice(MANAGERS),
        "co_hosts": sorted({chance.choice(["M1", "M3"]) for _ in range(chance.randrange(3))}),
        "home_branch": chance.choice(["P:1", "P2", None]),
        "born_on": chance.choice(["1980-02-29", "1990-12-31", None]),
        "phone": chance.choice(["+420 603 123 456", "0603123456", None]),
        "document_number": chance.choice(["ab-12 34", None]),
        "organisation_code": chance.choice(["4567890", None]),
    }


def an_account(chance: random.Random) -> dict[str, Any]:
    """An account, open or not."""
    return {
        "currency": chance.choice(["CZK", "EUR", None]),
        "product": chance.choice(["term:deposit", "{current}"]),
        "balance_minor": chance.choice([0, 100, 250_000, None]),
        "status": chance.choice(["open", "frozen", "closed"]),
        "maturity_on": chance.choice(["2027-01-01", "2027-01-02", None]),
    }


def a_loan(chance: random.Random) -> dict[str, Any]:
    """A contract of up to three drawdowns."""
    statuses = ["open", "settled"]
    parts = {
        number: {"maturity_on": "2027-05-05", "status": chance.choice(statuses), "amount_minor": 5, "repaid_minor": 2}
        for number in "abc"[: chance.randrange(4)]
    }
    return {"currency": "CZK", "status": chance.choice(statuses), "outstanding_minor": 500, "drawdowns": parts}


def an_alert(chance: random.Random) -> dict[str, Any]:
    """An alert in any state."""
    state = chance.choice(["raised", "acknowledged", "resolved", "expired"])
    return {"state": state, "to": chance.choice(["M1", "branch:P2"]), "raised_at": "2026-05-05T10:00:00.5Z"}


def a_complaint(chance: random.Random) -> dict[str, Any]:
    """A complaint that may be taken up, closed, opened again, or heard of before it was received."""
    seen = {"received_on": 1, "status": chance.choice([1, 2, 4]), "closed_on": 3}
    return {
        "status": chance.choice(["open", "in_progress", "resolved", "withdrawn"]),
        "received_on": chance.choice(["2026-05-05", "2026-05-06", None]),
        "order": {name: seq for name, seq in seen.items() if chance.random() < 0.7},
    }


def a_summary(chance: random.Random) -> dict[str, Any]:
    """Totals, or none yet."""
    return {"totals": {"balance_minor": {"CZK": chance.choice([0, 5, 9])} if chance.random() < 0.8 else {}}}


def a_change(chance: random.Random, offset: int) -> Change:
    """Some sections of one of four customers, the summary among them."""
    made = {
        "profile": a_profile,
        "account:1": an_account,
        "account:2": an_account,
        "loan:1": a_loan,
        "alert:x": an_alert,
        "complaint:k": a_complaint,
    }
    sections: dict[str, bytes | None] = {}
    for name, make in made.items():
        if chance.random() < 0.3:
            sections[name] = None if chance.random() < 0.2 else orjson.dumps(make(chance))
    if chance.random() < 0.2:
        sections["interactions"] = orjson.dumps({"last_contact_at": chance.choice(["2026-01-01T00:00:00Z", None])})
    sections["summary"] = orjson.dumps(a_summary(chance))
    return Change(f"B{chance.randrange(4)}", 0, offset, offset, 0.0, sections)

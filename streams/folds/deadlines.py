"""Section `deadlines`: its keys and its parts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.base import utc_text
from streams.view import Section

__all__ = ["deadline", "earliest_untold", "key_of", "parts_of", "raw_of"]

Part = dict[str, Any]


def key_of(subject: str, kind: str) -> str:
    """Where a deadline stands: a maturity under its subject alone, any other with its kind behind a bar."""
    return subject if kind == "maturity" else f"{subject}|{kind}"


def parts_of(key: str) -> tuple[str, str]:
    """(subject, kind) of a key; no subject contains the bar."""
    subject, _, kind = key.partition("|")
    return subject, kind or "maturity"


def deadline(raw: str, stated_at: datetime, cause: list[Any], told: str | None = None) -> Part:
    """A raw day, or instant, and the record that stated it; `told`: the lead with which it was last looked at."""
    part: Part = {"on": raw[:10], "stated_at": utc_text(stated_at), "cause": cause}
    if "T" in raw:
        part["at"] = raw
    if told is not None:
        part["told"] = told
    return part


def raw_of(part: Mapping[str, Any]) -> str:
    """The instant, else the day."""
    raw: str = part.get("at") or part["on"]
    return raw


def earliest_untold(section: Section) -> str | None:
    """The first maturity that nobody has looked at."""
    return min(
        (part["on"] for key, part in section["due"].items() if "|" not in key and "told" not in part), default=None
    )

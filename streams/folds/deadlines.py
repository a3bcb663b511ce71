"""Fold of what falls due: section `deadlines`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from schemas.base import utc_text
from streams.view import Section

__all__ = ["deadline", "earliest", "fallen_due", "with_subject", "without_subjects"]


def deadline(on: str, stated_at: datetime, cause: list[Any]) -> dict[str, Any]:
    """A day and the record that stated it; `cause` is that record's [topic, partition, offset]."""
    return {"on": on, "stated_at": utc_text(stated_at), "cause": cause}


def with_subject(section: Section | None, subject: str, part: dict[str, Any]) -> Section:
    """The deadlines with `subject` falling due as `part` says, instead of any day it had."""
    due = {} if section is None else section["due"]
    return {"due": {**due, subject: part}}


def without_subjects(section: Section | None, subjects: Iterable[str]) -> Section | None:
    """The deadlines less those of `subjects`; the very section when it holds none of them."""
    gone = set(subjects)
    if section is None or gone.isdisjoint(section["due"]):
        return section
    return {"due": {subject: part for subject, part in section["due"].items() if subject not in gone}}


def earliest(section: Section) -> str | None:
    """The first day on which something falls due."""
    return min((part["on"] for part in section["due"].values()), default=None)


def fallen_due(section: Section, horizon: str) -> list[tuple[str, dict[str, Any]]]:
    """(subject, deadline) of all days up to `horizon`, in order of (day, subject)."""
    found = [(subject, part) for subject, part in section["due"].items() if part["on"] <= horizon]
    return sorted(found, key=lambda item: (item[1]["on"], item[0]))

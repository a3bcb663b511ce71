"""Fold of contact with the customer: section `interactions`, which keeps the newest of each kind only."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from schemas.base import utc_text
from schemas.interactions import (
    CampaignAnswered,
    ContactMade,
    ContactOutcome,
    InteractionEvent,
    InterestShown,
    SatisfactionScored,
)
from streams.folds.additive import counted
from streams.view import Section

__all__ = ["CAMPAIGNS_KEPT", "CONTACTS_KEPT", "INTERESTS_KEPT", "fold"]

CONTACTS_KEPT: Final = 16
CAMPAIGNS_KEPT: Final = 8
INTERESTS_KEPT: Final = 32


def fold(section: Section | None, event: InteractionEvent) -> Section:
    """The interactions with `event` among them; the very section when it was counted before.

    Raises `Late` for an event older than the window of its source.
    """
    if section is None:
        section = _none_yet()
    recent = counted(section["recent"].get(event.source, []), event.source_seq)
    if recent is None:
        return section
    counted_in = {**section, "recent": {**section["recent"], event.source: recent}}
    return _FOLDS[type(event)](counted_in, event)


def _none_yet() -> Section:
    return {
        "last_contact_at": None,
        "contacts": [],
        "campaigns": [],
        "interests": [],
        "satisfaction": None,
        "counts": {},
        "recent": {},
    }


def _contact(section: Section, event: ContactMade) -> Section:
    part = {
        "at": utc_text(event.occurred_at),
        "channel": event.channel.value,
        "direction": event.direction.value,
        "outcome": event.outcome.value,
        "party_id": event.party_id,
        "product": event.product,
        "note": event.note,
        **_identity(event),
    }
    after = _with_part(section, "contacts", part, CONTACTS_KEPT)
    last = section["last_contact_at"]
    is_newest = last is None or event.occurred_at > datetime.fromisoformat(last)
    if event.outcome is not ContactOutcome.NOT_REACHED and is_newest:
        after["last_contact_at"] = part["at"]
    return after


def _campaign(section: Section, event: CampaignAnswered) -> Section:
    part = {
        "at": utc_text(event.occurred_at),
        "campaign_id": event.campaign_id,
        "response": event.response.value,
        "channel": event.channel.value,
        "product": event.product,
        **_identity(event),
    }
    return _with_part(section, "campaigns", part, CAMPAIGNS_KEPT)


def _interest(section: Section, event: InterestShown) -> Section:
    at, channel = utc_text(event.occurred_at), event.channel.value
    part = {"at": at, "product": event.product, "channel": channel, **_identity(event)}
    return _with_part(section, "interests", part, INTERESTS_KEPT)


def _score(section: Section, event: SatisfactionScored) -> Section:
    part = {
        "at": utc_text(event.occurred_at),
        "score": event.score,
        "survey_id": event.survey_id,
        "comment": event.comment,
        **_identity(event),
    }
    held = section["satisfaction"]
    newest = part if held is None else max(held, part, key=_place)
    return {**section, "satisfaction": newest, "counts": _one_more(section, "scores")}


def _identity(event: InteractionEvent) -> dict[str, Any]:
    return {"source": event.source, "seq": event.source_seq}


def _with_part(section: Section, name: str, part: Section, kept: int) -> Section:
    # What left the list is older than all in it, and would leave it again: the order of arrival does not matter.
    parts = sorted([*section[name], part], key=_place)[-kept:]
    return {**section, name: parts, "counts": _one_more(section, name)}


def _one_more(section: Section, name: str) -> dict[str, int]:
    counts: dict[str, int] = section["counts"]
    return {**counts, name: counts.get(name, 0) + 1}


def _place(part: Section) -> tuple[datetime, str, int]:
    # Instants, not their texts: "...:00.5Z" sorts before "...:00Z".
    return datetime.fromisoformat(part["at"]), part["source"], part["seq"]


_FOLDS: Final[dict[type, Callable[[Section, Any], Section]]] = {
    ContactMade: _contact,
    CampaignAnswered: _campaign,
    InterestShown: _interest,
    SatisfactionScored: _score,
}

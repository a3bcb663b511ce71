"""Fold of complaints: section `complaint:<id>`."""

from typing import Any, Final

from schemas.complaints import (
    ComplaintEvent,
    ComplaintProgress,
    ComplaintReceived,
    ComplaintResolved,
    ComplaintUpdated,
)
from streams.folds.order import stated
from streams.view import Section

__all__ = ["FINISHED", "WITHDRAWN", "fold", "is_acknowledged", "is_closed"]

RESOLVED: Final = "resolved"
WITHDRAWN: Final = "withdrawn"
FINISHED: Final = frozenset({RESOLVED, WITHDRAWN})


def fold(section: Section | None, event: ComplaintEvent) -> Section:
    """The complaint after `event`; the very section when the event is a duplicate or superseded."""
    if section is None:
        section = _unheard_of(event.complaint_id)
    facts = {name: {name: value} for name, value in _facts(event).items() if value is not None}
    return stated(section, event.source_seq, facts)


def is_acknowledged(section: Section) -> bool:
    """Whether something newer than its receipt says where it stands; a correction does not."""
    return _follows_receipt(section, "status")


def is_closed(section: Section) -> bool:
    """Whether something newer than its receipt closed it, even if it was opened again since, but not received anew."""
    return _follows_receipt(section, "closed_on")


def _follows_receipt(section: Section, fact: str) -> bool:
    order = section["order"]
    return bool(order.get(fact, -1) > order.get("received_on", -1))


def _unheard_of(complaint_id: str) -> Section:
    return {
        "complaint_id": complaint_id,
        "received_on": None,
        "product": None,
        "issue": None,
        "content": None,
        "channel": None,
        "status": ComplaintProgress.OPEN.value,
        "resolution": None,
        "closed_on": None,
        "order": {},
    }


def _facts(event: ComplaintEvent) -> dict[str, Any]:
    """What the event states, a fact under each field's own name; None is «not stated»."""
    if isinstance(event, ComplaintReceived):
        return {
            "received_on": event.received_on.isoformat(),
            "product": event.product,
            "issue": event.issue,
            "content": event.content,
            "channel": event.channel.value,
            "status": ComplaintProgress.OPEN.value,
        }
    if isinstance(event, ComplaintUpdated):
        status = None if event.progress is None else event.progress.value
        return {"product": event.product, "issue": event.issue, "content": event.content, "status": status}
    if isinstance(event, ComplaintResolved):
        return {"status": RESOLVED, "resolution": event.resolution, "closed_on": event.resolved_on.isoformat()}
    return {"status": WITHDRAWN, "closed_on": event.withdrawn_on.isoformat()}

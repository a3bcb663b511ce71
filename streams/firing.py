"""What happens when deadlines fall due: the rules that watch them look at them, one after the other."""

from datetime import date, datetime
from heapq import heapify, heappop, heappush
from typing import Any

from schemas.base import utc_text
from schemas.views import alert_section
from streams.change import Change
from streams.folds.deadlines import deadline, key_of, parts_of, raw_of
from streams.folds.falling_due import DEADLINE_KINDS, STATED_BY, DeadlineKind
from streams.rules.alerts import alert_id_of
from streams.rules.kind import Due, Kind
from streams.rules.leads import Lead, fallen_at
from streams.working import Working

__all__ = ["fire", "state_deadlines"]


def state_deadlines(work: Working, change: Change) -> None:
    """Enter what the event states to fall due, and take out what does not any more."""
    for kind, states in STATED_BY.get(type(change.event), ()):
        for subject, raw in states(change):
            key = key_of(subject, kind.name)
            told = None if raw is None else _told_of(work, kind, key, raw, change)
            if raw is None or told is _ENTERED_NO_MORE:
                work.pending.drop(key)
            else:
                work.pending.put(key, deadline(raw, change.event.occurred_at, change.position, told))


_ENTERED_NO_MORE = "never"


def _told_of(work: Working, kind: DeadlineKind, key: str, raw: str, change: Change) -> str | None:
    """With which lead the very same deadline was last looked at, if it was."""
    if kind.is_ahead and _was_past(work, raw, change.event.occurred_at):
        return _ENTERED_NO_MORE
    held = work.pending.get(key)
    if held is not None and raw_of(held) == raw:
        told: str | None = held.get("told")
        return told
    return _ENTERED_NO_MORE if _was_told(work, kind.name, parts_of(key)[0], raw) else None


def _was_past(work: Working, raw: str, stated_at: datetime) -> bool:
    if "T" in raw:
        return stated_at > datetime.fromisoformat(raw)
    return work.rules.calendar.day_of(stated_at) > date.fromisoformat(raw)


def _was_told(work: Working, name: str, subject: str, raw: str) -> bool:
    """Whether some rule has already raised its last alert of this very deadline."""
    view = work.view
    last = ((rule.rule.id, rule.cause_of(raw, rule.leads[-1])) for rule in work.rules.watching(name))
    return any(view.has(alert_section(alert_id_of(id_, view.customer_id, subject, cause))) for id_, cause in last)


def fire(work: Working, at: datetime) -> None:
    """Look at all that has fallen due at `at`, in order of (due instant, key); it is due next with its next lead."""
    pending = work.pending
    if pending.due_at is None or pending.due_at > at:
        return
    fallen = list(pending.fallen(at))
    heapify(fallen)
    while fallen:
        due_at, key = heappop(fallen)
        if pending.due_at_of(key) != due_at:
            continue
        _look(work, key, due_at)
        again_at = pending.due_at_of(key)
        if again_at is not None and again_at <= at:
            heappush(fallen, (again_at, key))
    pending.settle()


def _look(work: Working, key: str, due_at: datetime) -> None:
    part = work.pending.get(key)
    assert part is not None
    (subject, name), raw = parts_of(key), raw_of(part)
    lead = work.rules.next_lead(name, part.get("told"))
    assert lead is not None
    due = Due(subject, raw, lead, due_at, datetime.fromisoformat(part["stated_at"]), part["cause"], work.view)
    for rule in work.rules.watching(name):
        if lead in rule.leads and not _was_overtaken(work, rule, due):
            finding = rule.fall_due(due)
            if finding is not None:
                work.raise_alert(finding, f"{key}|{raw}|{lead.token}")
    _go_on(work, key, part, due)


def _was_overtaken(work: Working, rule: Kind[Any], due: Due) -> bool:
    """Whether the rule's next lead had come already when the deadline was stated: one look is enough then."""
    later = (lead for lead in rule.leads if lead.place > due.lead.place)
    following: Lead | None = next(later, None)
    return following is not None and fallen_at(due.raw, following, work.rules.calendar) <= due.stated_at


def _go_on(work: Working, key: str, part: dict[str, Any], due: Due) -> None:
    """It waits for the next lead, or for the next time it falls due, or is over."""
    _, name = parts_of(key)
    if work.rules.next_lead(name, due.lead.token) is not None:
        work.pending.put(key, {**part, "told": due.lead.token})
        return
    again = DEADLINE_KINDS[name].again
    raw = None if again is None else again(due.subject, due.raw, due.view)
    if raw is None or raw <= due.raw:
        work.pending.drop(key)
    else:
        work.pending.put(key, {**deadline(raw, due.stated_at, due.position), "stated_at": utc_text(due.due_at)})

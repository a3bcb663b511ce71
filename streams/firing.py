"""What happens when deadlines fall due: the rules that watch them look at them, one after the other."""

from datetime import date, datetime
from heapq import heapify, heappop, heappush
from typing import Any

from schemas.views import alert_section
from streams.alerting import id_of_new, is_of_alert, look, raise_alert, was_overlooked
from streams.change import Change
from streams.folds.deadlines import deadline, key_of, parts_of, raw_of
from streams.folds.falling_due import DEADLINE_KINDS, STATED_BY, DeadlineKind, Statement
from streams.rules.alerts import alert_id_of
from streams.rules.kind import Due, Kind
from streams.rules.leads import Lead, fallen_at
from streams.working import Working

__all__ = ["fire", "state_deadline", "state_deadlines"]


def state_deadlines(work: Working, change: Change) -> bool:
    """Enter what the event states to fall due, and take out what does not any more.

    False when something is so long past that an alert of it may have been raised, closed and taken from the view.
    """
    is_whole = True
    for kind, states in STATED_BY.get(type(change.event), ()):
        for statement in states(change):
            is_whole = state_deadline(work, kind, statement, change) and is_whole
    return is_whole


def state_deadline(work: Working, kind: DeadlineKind, statement: Statement, change: Change) -> bool:
    """From now on the subject falls due as stated; False when that is so long past as `state_deadlines` says."""
    pending, key, stated_at = work.pending, key_of(statement.subject, kind.name), change.event.occurred_at
    raw = _to_come(work, kind, statement.raw, change)
    if raw is None or (kind.is_ahead and _was_past(work, raw, stated_at)):
        pending.drop(key)
        return True
    held = pending.get(key)
    if held is not None and kind.stands is not None and raw < raw_of(held):
        return True
    if held is not None and raw_of(held) == raw:
        pending.put(key, deadline(raw, stated_at, change.position, held.get("told")))
        return True
    if kind.again is None and _was_told(work, kind.name, statement.subject, raw):
        pending.drop(key)
        return True
    last = _told_until(work, kind, raw)
    if last is not None and was_overlooked(work, last, change.arrival.at):
        pending.drop(key)
        return False
    pending.put(key, deadline(raw, stated_at, change.position))
    return True


def _told_until(work: Working, kind: DeadlineKind, raw: str) -> datetime | None:
    """Until when some rule tells of such a deadline; None: whenever it is stated, it is told of."""
    if kind.is_ahead:
        return work.rules.end_of(raw[:10])
    leads = work.rules.leads.get(kind.name)
    return None if kind.comes_again or not leads else fallen_at(raw, leads[-1], work.rules.calendar)


def _to_come(work: Working, kind: DeadlineKind, raw: str | None, change: Change) -> str | None:
    """The day stated; of a kind that comes again the first one that is not over on the clock."""
    if kind.again is not None:
        today = work.rules.calendar.day_of(change.arrival.at).isoformat()
        while raw is not None and raw < today:
            raw = kind.again(raw, change.view)
    return raw


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
        pending.entered.clear()
        _look(work, key, due_at)
        # Itself with its next lead, and what an alert that it raised waits for: in their turn.
        for entered in pending.entered:
            again_at = pending.due_at_of(entered)
            if again_at is not None and again_at <= at:
                heappush(fallen, (again_at, entered))
    pending.settle()


def _look(work: Working, key: str, due_at: datetime) -> None:
    part = work.pending.get(key)
    assert part is not None
    (subject, name), raw = parts_of(key), raw_of(part)
    lead = work.rules.next_lead(name, part.get("told"))
    assert lead is not None
    due = Due(subject, raw, lead, due_at, datetime.fromisoformat(part["stated_at"]), part["cause"], work.view)
    if is_of_alert(subject):
        _go_on(work, key, part, due)
        look(work, name, due)
        return
    if DEADLINE_KINDS[name].stands is not None and _has_moved(work, key, part, due):
        return
    for rule in work.rules.watching(name):
        if lead in rule.leads:
            _ask(work, rule, due, f"{key}|{raw}|{lead.token}")
    _go_on(work, key, part, due)


def _has_moved(work: Working, key: str, part: dict[str, Any], due: Due) -> bool:
    """Whether it stands on a later day by now, or nowhere; then it waits there."""
    stands = DEADLINE_KINDS[parts_of(key)[1]].stands
    assert stands is not None
    raw = stands(due.view)
    if raw is None:
        work.pending.drop(key)
    elif raw > due.raw:
        work.pending.put(key, {"on": raw, "stated_at": part["stated_at"], "cause": part["cause"]})
    return raw is None or raw > due.raw


def _ask(work: Working, rule: Kind[Any], due: Due, group: str) -> None:
    """A rule looks at a deadline."""
    in_force_since = work.in_force.get(rule.rule.id)
    is_before = in_force_since is not None and due.due_at < in_force_since
    if not is_before and not _was_overtaken(work, rule, due):
        finding = rule.fall_due(due)
        if finding is not None and (alert_id := id_of_new(work, finding)) is not None:
            raise_alert(work, finding, alert_id, group, due.raw[:10])
    for name, section in rule.remembers(due).items():
        work.put(name, section)


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
    kind = None if is_of_alert(due.subject) else DEADLINE_KINDS[name]
    if kind is not None and kind.stands is not None:
        work.pending.put(key, {**part, "told": due.lead.token})
        return
    raw = None if kind is None or kind.again is None else kind.again(due.raw, due.view)
    if raw is None:
        work.pending.drop(key)
    else:
        work.pending.put(key, deadline(raw, due.stated_at, due.position))

"""The rules are asked about a change, and what they say is done."""

from streams.alerting import id_of_new, raise_alert, resolve, was_overlooked
from streams.change import Change
from streams.firing import state_deadline
from streams.rules.kind import Finding
from streams.working import Working

__all__ = ["judge"]


def judge(work: Working, change: Change) -> bool:
    """Ask the rules that watch such events, and do what they say; False when an alert is too old to be raised."""
    is_whole = True
    for kind, ask in work.rules.asked(change):
        verdict = ask(change)
        if verdict is None:
            continue
        if verdict.section is not None:
            work.put(change.section_name, verdict.section)
            change.after = verdict.section
        for resolution in verdict.resolves:
            resolve(work, kind.rule.id, resolution, change)
        if verdict.states is not None:
            deadline_kind, statement = verdict.states
            state_deadline(work, deadline_kind, statement, change)
        if verdict.raises is not None:
            is_whole = _raise(work, verdict.raises, change) and is_whole
    return is_whole


def _raise(work: Working, finding: Finding, change: Change) -> bool:
    """Raise the alert of a finding, if it is new; False when it is too old for that."""
    alert_id = id_of_new(work, finding)
    if alert_id is None:
        return True
    if was_overlooked(work, finding.raised_at, change.arrival.at):
        return False
    raise_alert(work, finding, alert_id, change.event.event_id)
    return True

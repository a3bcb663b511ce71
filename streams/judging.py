"""The rules are asked about a change, and what they say is done."""

from streams.alerting import is_settled, raise_alert, resolve, was_overlooked
from streams.change import Change
from streams.firing import state_deadline
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
        finding = verdict.raises
        if finding is None or is_settled(work, finding):
            continue
        if was_overlooked(work, finding.raised_at, change.arrival.at):
            is_whole = False
        else:
            raise_alert(work, finding, change.event.event_id)
    return is_whole

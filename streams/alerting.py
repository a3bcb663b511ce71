"""Alerts in a step: raised, passed on, acted on, woken and closed; each change is published."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.actions import AlertAction
from schemas.alerts import AlertChange, AlertState
from schemas.base import utc_text
from schemas.views import PROFILE, alert_section
from streams.change import Arrival, Change
from streams.folds import alerts
from streams.folds.deadlines import deadline, key_of
from streams.folds.refusals import Refused
from streams.rules.alerts import (
    HOST,
    addressed,
    alert_id_of,
    branch_head,
    group_id_of,
    other_co_host,
    raised,
    stands_at_desk,
)
from streams.rules.conditions import under_condition
from streams.rules.kind import Due, Finding, Resolution
from streams.view import Section
from streams.working import Working

__all__ = ["act", "id_of_new", "is_of_alert", "look", "raise_alert", "readdress", "resolve", "was_overlooked"]

ALERT: Final = alert_section("")
WAKE: Final = "wake"
ESCALATE: Final = "escalate:"
EXPIRE: Final = "expire:"
FORGET: Final = "forget"
"""Kinds of deadlines of alerts; of escalation and expiry one per rule, since each rule has its own leads."""


def was_overlooked(work: Working, until: datetime, at: datetime) -> bool:
    """Whether an alert whose cause may come again up to `until` can have been raised, closed and left the view."""
    days = work.rules.closed_alert_days
    return days is not None and until < at - timedelta(days=days)


def id_of_new(work: Working, finding: Finding) -> str | None:
    """The id of the alert of a finding; None when it was raised before, or lies before `raise_after`."""
    raise_after = work.rules.raise_after
    if raise_after is not None and finding.raised_at < raise_after:
        return None
    alert_id = alert_id_of(finding.rule.id, work.view.customer_id, finding.subject, finding.cause)
    return None if work.view.has(alert_section(alert_id)) else alert_id


def raise_alert(work: Working, finding: Finding, alert_id: str, group: str, due_on: str | None = None) -> None:
    """Raise the alert of a finding, whose `id_of_new` it is, unless it fails its condition.

    Alerts of one `group` share their group id; `due_on` is the day that fell due.
    """
    customer_id, rule = work.view.customer_id, finding.rule
    profile = work.view.get(PROFILE)
    allowed = under_condition(finding, customer_id, profile)
    if allowed is None:
        return
    group_id = group_id_of(customer_id, group)
    alert = raised(allowed, alert_id, group_id, customer_id, due_on, profile, work.as_of)
    work.publish(alert)
    work.tally.alerts(1, int(stands_at_desk(alert)))
    _wait(work, alert, ESCALATE + rule.id, finding.raised_at, finding.position)
    _wait(work, alert, EXPIRE + rule.id, finding.raised_at, finding.position)


def act(work: Working, arrival: Arrival, event: AlertAction) -> Change | None:
    """Somebody does something with an alert; raises `Refused` for one that is not there, or is closed."""
    name = alert_section(str(event.alert_id))
    before = work.view.get(name)
    if before is None:
        raise Refused(
            f"alert_id: customer {event.customer_id} has no alert {event.alert_id}: "
            "none was raised, or it was closed so long ago that it has left the view"
        )
    after = alerts.act(before, event)
    if after is before:
        return None
    change = Change(arrival, name, before, after, work.view)
    _change(work, before, after, event.occurred_at, change.position)
    return change


def resolve(work: Working, rule_id: str, resolution: Resolution, change: Change) -> None:
    """The cause has gone away: close what is open of it."""
    subject, cause = resolution
    if cause is not None:
        alert = work.view.get(alert_section(alert_id_of(rule_id, work.view.customer_id, subject, cause)))
        of_cause = [] if alert is None or not alerts.is_open(alert) else [alert]
    else:
        of_cause = _open_alerts(
            work, lambda alert: alert["subject"] == subject and alert["proof"]["rule_id"] == rule_id
        )
    at = change.event.occurred_at
    for alert in of_cause:
        _change(work, alert, alerts.closed(alert, AlertState.RESOLVED, at), at, change.position)


def _open_alerts(work: Working, wanted: Callable[[Section], bool]) -> list[Section]:
    """Open alerts in order of (raised_at, id). All of the customer's are looked at."""
    every = (work.view.get(name) for name in work.view.names(ALERT))
    found = [alert for alert in every if alert is not None and alerts.is_open(alert) and wanted(alert)]
    return sorted(found, key=lambda alert: (datetime.fromisoformat(alert["raised_at"]), alert["alert_id"]))


def readdress(work: Working, change: Change) -> None:
    """The profile changed: alerts at a desk get their addressee, those of the former host go to the new one."""
    before, profile = change.before, change.after
    host = profile["host_manager"]
    is_new_host = host is not None and host != (None if before is None else before["host_manager"])
    if not work.tally.unaddressed and not (is_new_host and work.tally.alert_count):
        return
    at, position = change.event.occurred_at, change.position
    for alert in _open_alerts(work, lambda alert: stands_at_desk(alert) or is_new_host):
        if stands_at_desk(alert):
            after = addressed(alert, profile)
            if after is not alert:
                work.publish(after)
                work.tally.alerts(0, -1)
        elif alert.get("addressee", HOST) == HOST and not alerts.escalation_of(alert) and alert["to"] != host:
            after = alerts.passed_on(alert, AlertChange.HANDED_OVER, host, at, 0)
            _change(work, alert, after, at, position)


# -- deadlines of alerts --


def is_of_alert(subject: str) -> bool:
    """Whether a deadline is one of an alert, and not for the rules."""
    return subject.startswith(ALERT)


def look(work: Working, kind: str, due: Due) -> None:
    """An alert's own deadline is due."""
    alert = work.view.get(due.subject)
    assert alert is not None
    at = due.due_at
    if kind == FORGET:
        work.remove(due.subject)
        work.tally.alerts(-1, 0)
    elif kind == WAKE:
        _change(work, alert, alerts.woken(alert, at), at, due.position)
    elif kind.startswith(EXPIRE):
        _change(work, alert, alerts.closed(alert, AlertState.EXPIRED, at), at, due.position)
    else:
        _escalate(work, alert, kind, due)


def _escalate(work: Working, alert: Section, kind: str, due: Due) -> None:
    """To a co-host first, then, or when there is none, to the head of the branch."""
    profile = work.view.get(PROFILE)
    is_first = due.lead == work.rules.leads[kind][0]
    to = other_co_host(profile, alert["to"]) if is_first else None
    if to is None:
        to = branch_head(profile, work.rules.organisation)
    if to is None or to == alert["to"]:
        return
    escalated = alerts.escalation_of(alert) + 1
    was_at_desk = stands_at_desk(alert)
    work.publish(alerts.passed_on(alert, AlertChange.ESCALATED, to, due.due_at, escalated))
    work.tally.alerts(0, -int(was_at_desk))


def _change(work: Working, before: Section, after: Section, at: datetime, position: list[Any]) -> None:
    """Publish the alert's next state, and have it wait for what its state waits for."""
    work.publish(after)
    name, rule_id, state = alert_section(after["alert_id"]), after["proof"]["rule_id"], after["state"]
    if not alerts.is_open(after):
        work.tally.alerts(0, -int(stands_at_desk(before)))
        for kind in (WAKE, ESCALATE + rule_id, EXPIRE + rule_id):
            work.pending.drop(key_of(name, kind))
        _wait(work, after, FORGET, _kept_from(after, at, work), position)
        return
    if state == AlertState.RAISED:
        _wait(work, after, ESCALATE + rule_id, at, position)
    else:
        work.pending.drop(key_of(name, ESCALATE + rule_id))
    if state == AlertState.SNOOZED:
        _wait(work, after, WAKE, datetime.fromisoformat(after["life"]["until"]), position)
    else:
        work.pending.drop(key_of(name, WAKE))


def _kept_from(alert: Section, closed_at: datetime, work: Working) -> datetime:
    """From when on a closed alert is kept: as long as its day may be stated again, it must be known."""
    due_on = alert.get("due_on")
    return closed_at if due_on is None else max(closed_at, work.rules.end_of(due_on))


def _wait(work: Working, alert: Section, kind: str, since: datetime, position: list[Any]) -> None:
    """Have an alert wait, where some rule or setting says for how long."""
    if kind in work.rules.leads:
        part = deadline(utc_text(since), since, position)
        work.pending.put(key_of(alert_section(alert["alert_id"]), kind), part)

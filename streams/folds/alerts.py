"""Fold of what becomes of an alert: section `alert:<id>`, after it was raised."""

from datetime import datetime
from typing import Any, Final

from schemas.actions import AlertAcknowledged, AlertAction, AlertDismissed, AlertSnoozed
from schemas.alerts import AlertChange, AlertState
from schemas.base import utc_text
from streams.folds.refusals import Refused
from streams.view import Section

__all__ = ["CLOSED", "act", "closed", "escalation_of", "is_open", "passed_on", "woken"]

CLOSED: Final = frozenset({AlertState.RESOLVED.value, AlertState.DISMISSED.value, AlertState.EXPIRED.value})


def is_open(alert: Section) -> bool:
    """Whether anything is still to be done about it."""
    return alert["state"] not in CLOSED


def escalation_of(alert: Section) -> int:
    """How often it was escalated."""
    life = alert.get("life")
    return 0 if life is None else int(life["escalated"])


def act(alert: Section, event: AlertAction) -> Section:
    """The alert after somebody acted; the very alert for an action that is a duplicate or superseded.

    Raises `Refused` when it is closed.
    """
    life = alert.get("life")
    if life is not None and event.source_seq <= life["seq"]:
        return alert
    if not is_open(alert):
        raise Refused(
            f"alert_id: alert {alert['alert_id']} was {alert['state']} at {alert['life']['at']}, "
            "and only an open one can be acted on"
        )
    change, state, reason, until = _said(event)
    acted: Section = {"seq": event.source_seq, "by": event.actor, "reason": reason, "until": until}
    return _changed(alert, change, event.occurred_at, state, acted)


def _said(event: AlertAction) -> tuple[AlertChange, AlertState, str | None, str | None]:
    """(change, state after it, reason, until when)."""
    if isinstance(event, AlertAcknowledged):
        return AlertChange.ACKNOWLEDGED, AlertState.ACKNOWLEDGED, event.note, None
    if isinstance(event, AlertSnoozed):
        return AlertChange.SNOOZED, AlertState.SNOOZED, event.note, utc_text(event.until)
    if isinstance(event, AlertDismissed):
        return AlertChange.DISMISSED, AlertState.DISMISSED, event.reason, None
    return AlertChange.RESOLVED, AlertState.RESOLVED, event.reason, None


def woken(alert: Section, at: datetime) -> Section:
    """The alert whose snooze has ended: it is as new."""
    return _changed(alert, AlertChange.WOKEN, at, AlertState.RAISED, _BY_ITSELF)


def closed(alert: Section, state: AlertState, at: datetime) -> Section:
    """The alert that nobody has to act on any more: its cause went away, or it is too old."""
    return _changed(alert, AlertChange(state.value), at, state, _BY_ITSELF)


def passed_on(alert: Section, change: AlertChange, to: str, at: datetime, escalated: int) -> Section:
    """The alert with another addressee."""
    after = _changed(alert, change, at, None, {"by": None, "escalated": escalated})
    after["to"] = to
    return after


_BY_ITSELF: Final[dict[str, Any]] = {"by": None, "reason": None, "until": None}
_UNTOUCHED: Final[dict[str, Any]] = {"seq": -1, "by": None, "at": "", "reason": None, "until": None, "escalated": 0}


def _changed(
    alert: Section, change: AlertChange, at: datetime, state: AlertState | None, life: dict[str, Any]
) -> Section:
    return {
        **alert,
        "revision": alert["revision"] + 1,
        "change": change.value,
        "state": alert["state"] if state is None else state.value,
        "life": {**_UNTOUCHED, **(alert.get("life") or {}), "at": utc_text(at), **life},
    }

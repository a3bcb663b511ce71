"""Alerts as sections: a finding becomes one, and one that stands at a desk gets its addressee."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from schemas.alerts import COMPLAINTS_DESK, CUSTOMER_DESK, AlertChange, AlertKind
from schemas.base import utc_text
from schemas.rules import Rule
from schemas.topics import TOPIC_OF_ALERT
from streams.view import Section

__all__ = ["NAMESPACE", "Finding", "addressed", "alert_id_of", "raised", "stands_at_desk", "topic_of"]

NAMESPACE: Final = UUID("5a1f0c63-3d5e-4b8c-9f27-6c3b60a9e360")
"""Of all alert ids. Never to be changed: alerts already published would be raised again under other ids."""

_DESKS: Final = frozenset({COMPLAINTS_DESK, CUSTOMER_DESK})


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that came true: all that an alert says, but to whom."""

    rule: Rule
    subject: str
    cause: str
    """With rule, customer and subject, what makes two findings the same alert."""
    raised_at: datetime
    payload: dict[str, Any]
    thresholds: dict[str, Any]
    """Those in force."""
    position: list[Any]
    """[topic, partition, offset] of the record that made it true."""


def alert_id_of(rule_id: str, customer_id: str, subject: str, cause: str) -> str:
    """The id that this alert has in any run: none of the four can contain the bar that joins them."""
    return str(uuid5(NAMESPACE, f"{rule_id}|{customer_id}|{subject}|{cause}"))


def topic_of(alert: Section) -> str:
    """The topic on which this alert is published."""
    return TOPIC_OF_ALERT[AlertKind(alert["kind"])]


def stands_at_desk(alert: Section) -> bool:
    """Whether nobody is named yet to whom the alert goes."""
    return alert["to"] in _DESKS


def raised(finding: Finding, alert_id: str, customer_id: str, profile: Section | None, as_of: str) -> Section:
    """The first record of the alert, as `schemas.alerts.Alert`."""
    rule = finding.rule
    topic, partition, offset = finding.position
    return {
        "alert_id": alert_id,
        "revision": 1,
        "change": AlertChange.RAISED.value,
        "kind": rule.kind,
        "customer_id": customer_id,
        "subject": finding.subject,
        "raised_at": utc_text(finding.raised_at),
        "severity": rule.severity.value,
        "state": "raised",
        "to": _addressee(rule.kind, profile),
        "payload": finding.payload,
        "proof": {
            "rule_id": rule.id,
            "rule_version": rule.version,
            "thresholds": finding.thresholds,
            "causes": [{"topic": topic, "partition": partition, "offset": offset}],
            "as_of": as_of,
        },
    }


def addressed(alert: Section, profile: Section) -> Section:
    """The alert's next record, with its addressee; the very alert while it has to stay at its desk."""
    to = _addressee(alert["kind"], profile)
    if to in _DESKS:
        return alert
    payload = alert["payload"]
    if alert["kind"] == AlertKind.COMPLAINT_REMINDER:
        payload = {**payload, "customer_name": profile["name"]}
    change = AlertChange.ADDRESSED.value
    return {**alert, "revision": alert["revision"] + 1, "change": change, "to": to, "payload": payload}


def _addressee(kind: str, profile: Section | None) -> str:
    host: str | None = None if profile is None else profile["host_manager"]
    if kind == AlertKind.COMPLAINT_REMINDER:
        # A manager is told of a complaint with the customer's name, so it waits for both.
        is_known = host is not None and profile is not None and profile["name"] is not None
        return host if is_known and host is not None else COMPLAINTS_DESK
    return CUSTOMER_DESK if host is None else host

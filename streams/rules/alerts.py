"""Alerts as sections: a finding becomes one, and one that stands at a desk gets its addressee."""

from hashlib import sha1
from typing import Final
from uuid import UUID

from schemas.alerts import COMPLAINTS_DESK, CUSTOMER_DESK, AlertChange, AlertKind
from schemas.base import utc_text
from schemas.topics import TOPIC_OF_ALERT
from streams.reference import Organisation
from streams.rules.kind import Finding
from streams.view import Section

__all__ = [
    "HOST",
    "NAMESPACE",
    "addressed",
    "alert_id_of",
    "branch_head",
    "group_id_of",
    "other_co_host",
    "raised",
    "stands_at_desk",
    "topic_of",
]

NAMESPACE: Final = UUID("5a1f0c63-3d5e-4b8c-9f27-6c3b60a9e360")
"""Of all alert ids. Never to be changed: alerts already published would be raised again under other ids."""

_IN_NAMESPACE: Final = sha1(NAMESPACE.bytes, usedforsecurity=False)
_VARIANT: Final = {f"{digit:x}": f"{digit & 0b0011 | 0b1000:x}" for digit in range(16)}
"""Hexadecimal digit of a hash -> the same with the two bits that RFC 9562 fixes in it."""

HOST: Final = "host"
CO_HOST: Final = "co_host"
BRANCH: Final = "branch"
_PARTIES: Final = frozenset({HOST, CO_HOST, BRANCH})
_DESKS: Final = frozenset({COMPLAINTS_DESK, CUSTOMER_DESK})
_TOPICS: Final[dict[str, str]] = {kind.value: topic for kind, topic in TOPIC_OF_ALERT.items()}


def alert_id_of(rule_id: str, customer_id: str, subject: str, cause: str) -> str:
    """The id that this alert has in any run: none of the four can contain the bar that joins them."""
    return _id_of(f"{rule_id}|{customer_id}|{subject}|{cause}")


def group_id_of(customer_id: str, cause: str) -> str:
    """The id that all alerts of one cause share: an event's id, or what fell due when."""
    return _id_of(f"group|{customer_id}|{cause}")


def _id_of(name: str) -> str:
    """The version-5 UUID of `name` in the namespace, as `str(uuid.uuid5(...))`, which takes five times as long."""
    hashed = _IN_NAMESPACE.copy()
    hashed.update(name.encode())
    digits = hashed.hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"


def topic_of(alert: Section) -> str:
    """The topic on which this alert is published."""
    return _TOPICS[alert["kind"]]


def stands_at_desk(alert: Section) -> bool:
    """Whether nobody is named yet to whom the alert goes."""
    return alert["to"] in _DESKS


def raised(
    finding: Finding,
    alert_id: str,
    group_id: str,
    customer_id: str,
    due_on: str | None,
    profile: Section | None,
    as_of: str,
) -> Section:
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
        "to": _to(rule.kind, rule.addressee, profile),
        "addressee": rule.addressee,
        "group_id": group_id,
        "due_on": due_on,
        "life": None,
        "payload": finding.payload,
        "proof": {
            "rule_id": rule.id,
            "rule_version": rule.version,
            "thresholds": finding.thresholds,
            "before": finding.before,
            "after": finding.after,
            "causes": [{"topic": topic, "partition": partition, "offset": offset}],
            "as_of": as_of,
        },
    }


def addressed(alert: Section, profile: Section) -> Section:
    """The alert's next record, with its addressee; the very alert while it has to stay at its desk."""
    to = _to(alert["kind"], alert.get("addressee", HOST), profile)
    if to in _DESKS:
        return alert
    payload = alert["payload"]
    if alert["kind"] == AlertKind.COMPLAINT_REMINDER:
        payload = {**payload, "customer_name": profile["name"]}
    change = AlertChange.ADDRESSED.value
    return {**alert, "revision": alert["revision"] + 1, "change": change, "to": to, "payload": payload}


def other_co_host(profile: Section | None, than: str) -> str | None:
    """The first co-host by name who is not `than`."""
    return None if profile is None else next((party for party in profile["co_hosts"] if party != than), None)


def branch_head(profile: Section | None, organisation: Organisation) -> str | None:
    """Who heads the customer's branch, or his host's; `branch:<id>` while the organisation does not say."""
    if profile is None:
        return None
    branch: str | None = profile["home_branch"] or organisation.branch_of(profile["host_manager"])
    if branch is None:
        return None
    return organisation.head_of(branch) or f"branch:{branch}"


def _to(kind: str, addressee: str, profile: Section | None) -> str:
    if addressee not in _PARTIES:
        return addressee
    if kind == AlertKind.COMPLAINT_REMINDER:
        # A manager is told of a complaint with the customer's name, so it waits for both.
        is_known = profile is not None and profile["host_manager"] is not None and profile["name"] is not None
        return _party(addressee, profile) or COMPLAINTS_DESK if is_known else COMPLAINTS_DESK
    return _party(addressee, profile) or CUSTOMER_DESK


def _party(addressee: str, profile: Section | None) -> str | None:
    """Who it is for this customer, as far as it is known."""
    if profile is None:
        return None
    if addressee == BRANCH:
        branch = profile["home_branch"]
        return None if branch is None else f"branch:{branch}"
    co_hosts: list[str] = profile["co_hosts"]
    if addressee == CO_HOST and co_hosts:
        return co_hosts[0]
    host: str | None = profile["host_manager"]
    return host

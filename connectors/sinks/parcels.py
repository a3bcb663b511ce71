"""Parcels: alert records that go out as one, and the channels that carry them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

import orjson

from schemas.alerts import Alert, Severity

__all__ = ["Channel", "NotTaken", "Parcel", "Rejected", "Standing", "parcels_of"]

_KEYS: Final = UUID("c1f0a1f4-6f0e-5a7e-9d55-c360de11fe01")
_ORDER: Final = tuple(Severity)


class NotTaken(Exception):
    """The receiver did not take it now; trying again is right. `after` seconds at least, when it said so."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class Rejected(Exception):
    """The receiver will never take this; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert record and where it stands."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes
    alert: Alert


@dataclass(frozen=True)
class Parcel:
    """Records of one cause, change and addressee: sibling notices are delivered as one. Never empty."""

    standing: tuple[Standing, ...]

    @property
    def first(self) -> Alert:
        """The alert that stands for all."""
        return self.standing[0].alert

    @property
    def key(self) -> str:
        """Idempotency key: of one record its `alert_id.revision`, of several a UUIDv5 of theirs."""
        keys = sorted(f"{one.alert.alert_id}.{one.alert.revision}" for one in self.standing)
        return keys[0] if len(keys) == 1 else str(uuid5(_KEYS, "|".join(keys)))

    @property
    def story(self) -> str:
        """For a log: each alert with the records that caused it, as topic/partition/offset."""
        return "; ".join(_story(one.alert) for one in self.standing)

    @property
    def contact(self) -> str:
        """What counts as one contact, however its records are parcelled: the cause, else the alert, and its change."""
        alert = self.first
        return f"{_cause(alert)}.{alert.change}.{alert.to}"

    @property
    def severity(self) -> Severity:
        """The most severe of the alerts."""
        return max((one.alert.severity for one in self.standing), key=_ORDER.index)

    def body(self) -> bytes:
        """The parcel as JSON: its key, and the records as they were published."""
        head: dict[str, Any] = {"idempotency_key": self.key, "to": self.first.to, "customer_id": self.first.customer_id}
        # The records' own bytes, so that what a newer c360 added gets through.
        records = b",".join(one.value for one in self.standing)
        return orjson.dumps(head)[:-1] + b',"alerts":[' + records + b"]}"


class Channel(Protocol):
    """A way to people or to a system."""

    @property
    def name(self) -> str:
        """As the routes call it."""

    def send(self, parcel: Parcel, now: datetime, /) -> None:
        """Deliver; returns when the receiver has taken it. Raises NotTaken or Rejected."""

    def close(self) -> None:
        """Let go of connections."""


def parcels_of(standing: Iterable[Standing]) -> list[Parcel]:
    """The records grouped by cause, change, customer and addressee, in the order of each group's first."""
    groups: dict[tuple[str, ...], list[Standing]] = {}
    for one in standing:
        alert = one.alert
        groups.setdefault((_cause(alert), alert.change, alert.customer_id, alert.to), []).append(one)
    return [Parcel(_each_once(group)) for group in groups.values()]


def _story(alert: Alert) -> str:
    causes = ", ".join(f"{cause.topic}/{cause.partition}/{cause.offset}" for cause in alert.proof.causes)
    return f"alert {alert.alert_id}.{alert.revision} of {causes or 'time alone'}"


def _cause(alert: Alert) -> str:
    # Alerts that were raised before there were groups stand alone.
    return str(alert.group_id or alert.alert_id)


def _each_once(group: Sequence[Standing]) -> tuple[Standing, ...]:
    # Where there are no transactions a record may stand twice.
    return tuple({(one.alert.alert_id, one.alert.revision): one for one in group}.values())

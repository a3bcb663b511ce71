"""What one generation of the views takes over from another: the alerts it published, and the looks it still owes.

Pure, and the same again changes nothing, so a hand-over that was cut off is begun anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from schemas.views import DEADLINES, progress_key, split_key
from streams.alerting import ALERT, is_of_alert
from streams.codec import encode_section
from streams.folds.alerts import is_open
from streams.folds.deadlines import parts_of, raw_of
from streams.folds.falling_due import DEADLINE_KINDS
from streams.rules import Rules
from streams.rules.alerts import stands_at_desk
from streams.state import PartitionState
from streams.stores.memory import MemoryStore
from streams.view import Section, View
from streams.working import Working

__all__ = ["Changelog", "Published", "Told", "adopt"]


@dataclass(slots=True)
class Told:
    """Of one customer: the alert sections as they were published last, and all his deadlines."""

    alerts: dict[str, bytes] = field(default_factory=dict)
    due: dict[str, dict[str, Any]] = field(default_factory=dict)

    @staticmethod
    def concerns(section: str) -> bool:
        """Whether there is anything to take from such a section."""
        return section == DEADLINES or section.startswith(ALERT)

    def take(self, section: str, raw: bytes | None) -> None:
        """A record of the changelog: None deletes the section."""
        if section == DEADLINES:
            self.due = {} if raw is None else orjson.loads(raw)["due"]
        elif raw is None:
            self.alerts.pop(section, None)
        else:
            self.alerts[section] = raw


@dataclass(frozen=True, slots=True)
class Published:
    """What a generation has published of one partition, up to its end."""

    clock: datetime
    counts: Mapping[str, int]
    in_force: Mapping[str, datetime]
    customers: Mapping[str, Told]


class Changelog:
    """What is read of another generation's changelog: of each customer what was told, of the rest the progress.

    A later version may have written it: alerts and deadlines are contracts that no version breaks.
    """

    def __init__(self, number: int, generation: int, topic_ids: Mapping[str, str]) -> None:
        self._state = PartitionState(MemoryStore(), generation)
        self._topic_ids = topic_ids
        self._progress = progress_key(number).encode()
        self._told: dict[str, Told] = {}

    def restore(self, keys: Sequence[bytes], values: Sequence[bytes | None]) -> None:
        """Take records in, in log order."""
        for key, value in zip(keys, values, strict=True):
            if key == self._progress:
                if value is not None:
                    self._state.take_progress(orjson.loads(value), self._topic_ids)
                continue
            customer_id, section = split_key(key.decode())
            if Told.concerns(section):
                self._told.setdefault(customer_id, Told()).take(section, value)

    @property
    def handed_over(self) -> int:
        """The last switch that the generation followed here."""
        return self._state.handed_over

    def published(self) -> Published:
        """All of it, once the changelog is read.

        Also of whom nothing is left to tell: an alert leaves a view when a deadline falls due, so that section stays.
        """
        state = self._state
        return Published(state.clock, state.counts, state.in_force, self._told)


def adopt(view: View, told: Told, rules: Rules, at: datetime, as_of: str) -> datetime | None:
    """Make the view's alerts those that were published; when its next deadline falls due.

    Deadlines of alerts come with them. Of the others those come that the other generation has not looked at, though
    they fell due at or before `at`: it owed that look. Where this view has another day for one, its own day stays;
    but of what comes again it may only be the next one: then it is looked at once more, and goes on from there.
    """
    work = Working(view, rules, as_of, at, {})
    _take_alerts(work, told.alerts)
    for key in [key for key in _due(view) if is_of_alert(parts_of(key)[0]) and key not in told.due]:
        work.pending.drop(key)
    for key, part in told.due.items():
        held = work.pending.get(key)
        subject = parts_of(key)[0]
        if part != held and (
            is_of_alert(subject) or (_is_owed(key, part, rules, at) and _is_same(key, part, held, view))
        ):
            work.pending.put(key, part)
    work.pending.settle()
    work.close()
    return work.pending.due_at


def _take_alerts(work: Working, alerts: Mapping[str, bytes]) -> None:
    view, count, at_desk = work.view, len(alerts), 0
    for name in [name for name in view.names(ALERT) if name not in alerts]:
        work.remove(name)
    for name, raw in alerts.items():
        alert: Section = orjson.loads(raw)
        at_desk += is_open(alert) and stands_at_desk(alert)
        held = view.get(name)
        if held is None or encode_section(held) != raw:
            work.put(name, alert)
    work.tally.alerts(count - work.tally.alert_count, at_desk - work.tally.unaddressed)


def _due(view: View) -> Mapping[str, Any]:
    section = view.get(DEADLINES)
    due: Mapping[str, Any] = {} if section is None else section["due"]
    return due


def _knows(view: View, subject: str) -> bool:
    """Whether this generation has a section of the subject, or the one that the subject is a part of."""
    return any(subject == name or subject.startswith(f"{name}/") for name in view.names())


def _is_owed(key: str, part: Mapping[str, Any], rules: Rules, at: datetime) -> bool:
    due_at = rules.due_at_of(key, part)
    return due_at is not None and due_at <= at


def _is_same(key: str, part: Mapping[str, Any], held: Mapping[str, Any] | None, view: View) -> bool:
    """Whether this generation knows the day of it too: as the next one, or as one that it has looked at already."""
    subject, name = parts_of(key)
    if not _knows(view, subject):
        return False
    if held is None or raw_of(held) == raw_of(part):
        return True
    again, raw = DEADLINE_KINDS[name].again, raw_of(part)
    while again is not None and raw < raw_of(held):
        following = again(raw, view)
        if following is None:
            return False
        raw = following
    return raw == raw_of(held)

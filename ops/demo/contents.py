"""From records as read to what they say: sections, counters, alerts, what is set aside. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from connectors.serving.assembly import assemble
from ops.demo.broker import Entry
from ops.demo.consistency import AlertRecord, Sections
from schemas.views import DEADLINES, PARTITION_PREFIX, PROGRESS, SUMMARY, progress_key, split_key

__all__ = [
    "alert_records",
    "assembled_views",
    "by_topic",
    "counters",
    "dead_letters",
    "following_offsets",
    "latest_alerts",
    "newest_clock",
    "newest_sections",
    "overdue",
    "uncovered",
]

DueAt = Callable[[str, Mapping[str, Any]], datetime | None]
"""(key of a deadline, what stands there) -> when it falls due next."""


def newest_sections(entries: Iterable[Entry]) -> dict[str, dict[str, bytes]]:
    """The newest value of every key of `customer-views` that is not deleted; records of a partition in order."""
    sections: dict[str, dict[str, bytes]] = {}
    for entry in entries:
        owner, section = split_key(entry.key.decode())
        if entry.value is None:
            sections.get(owner, {}).pop(section, None)
        else:
            sections.setdefault(owner, {})[section] = entry.value
    return {owner: found for owner, found in sections.items() if found}


def following_offsets(entries: Iterable[Entry]) -> dict[int, int]:
    """Partition -> the offset after its last record."""
    return {entry.partition: entry.offset + 1 for entry in entries}


def by_topic(ends: Mapping[tuple[str, int], int]) -> dict[str, int]:
    """Topic -> records, from the ends of its partitions."""
    totals: dict[str, int] = {}
    for (topic, _), end in ends.items():
        totals[topic] = totals.get(topic, 0) + end
    return totals


def counters(sections: Sections) -> dict[str, dict[str, int]]:
    """The counters of each partition's progress."""
    return {owner: progress["counts"] for owner, progress in _progress(sections).items()}


def newest_clock(sections: Sections) -> datetime | None:
    """The greatest instant that any partition has folded; None before the first."""
    clocks = (progress["clock_at"] for progress in _progress(sections).values())
    return max((datetime.fromisoformat(clock) for clock in clocks if clock is not None), default=None)


def uncovered(ends: Mapping[tuple[str, int], int], sections: Sections) -> int:
    """Records before `ends` (of input topics) that the partitions' progress does not cover."""
    applied = {
        (topic, owner): offset + 1
        for owner, progress in _progress(sections).items()
        for topic, (_, offset) in progress["applied"].items()
    }
    owners = {partition: split_key(progress_key(partition))[0] for _, partition in ends}
    return sum(max(0, end - applied.get((topic, owners[partition]), 0)) for (topic, partition), end in ends.items())


def overdue(sections: Sections, clock: datetime | None, due_at: DueAt) -> list[str]:
    """Customers with a deadline that has fallen due at `clock` and that nobody has looked at yet."""
    if clock is None:
        return []

    def is_behind(deadlines: bytes) -> bool:
        due = (due_at(key, part) for key, part in orjson.loads(deadlines)["due"].items())
        return any(at is not None and at <= clock for at in due)

    return sorted(owner for owner, found in sections.items() if DEADLINES in found and is_behind(found[DEADLINES]))


def alert_records(entries: Iterable[Entry]) -> tuple[AlertRecord, ...]:
    """Every record of alert topics."""
    values = (entry.value for entry in entries if entry.value is not None)
    return tuple(_alert_record(value, orjson.loads(value)) for value in values)


def _alert_record(value: bytes, alert: Mapping[str, Any]) -> AlertRecord:
    return AlertRecord(alert["alert_id"], alert["revision"], alert["customer_id"], value)


def latest_alerts(records: Iterable[AlertRecord]) -> list[dict[str, Any]]:
    """One entry for each alert, in its latest revision, sorted by alert_id."""
    latest: dict[str, AlertRecord] = {}
    for record in records:
        if record.alert_id not in latest or record.revision >= latest[record.alert_id].revision:
            latest[record.alert_id] = record
    return [orjson.loads(latest[alert_id].value) for alert_id in sorted(latest)]


def dead_letters(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """What stands in `dead-letters`, by position; without `recorded_at`, the one thing that differs between runs."""
    letters = [orjson.loads(entry.value) for entry in entries if entry.value is not None]
    for letter in letters:
        del letter["recorded_at"]
    return sorted(letters, key=lambda letter: (letter["topic"], letter["partition"], letter["offset"]))


def assembled_views(sections: Sections) -> dict[str, Any]:
    """Customer -> view, as a lookup gives it, of all that have a summary."""
    return {owner: orjson.loads(assemble(owner, found)) for owner, found in sections.items() if SUMMARY in found}


def _progress(sections: Sections) -> dict[str, dict[str, Any]]:
    return {
        owner: orjson.loads(found[PROGRESS])
        for owner, found in sections.items()
        if owner.startswith(PARTITION_PREFIX) and PROGRESS in found
    }

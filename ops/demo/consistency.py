"""Whether all is consistent, judged from what was read independently of those who wrote it. Pure.

Each check returns a sentence for every thing that is wrong; no sentence means that it holds.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from schemas.views import alert_section

__all__ = ["AlertRecord", "Evidence", "Sections", "inconsistencies"]

Sections = Mapping[str, Mapping[str, bytes]]
"""Owner (a customer number or `$partition-<n>`) -> section -> bytes."""

SHOWN: Final = 5


@dataclass(frozen=True)
class AlertRecord:
    """A record of an alert topic."""

    alert_id: str
    revision: int
    customer_id: str
    value: bytes


@dataclass(frozen=True)
class Evidence:
    """What stands in Kafka and in Redis."""

    produced: Mapping[str, int]
    """Input topic -> records, the clock's included."""
    counts: Mapping[str, Mapping[str, int]]
    """Partition's owner -> the counters of its progress: folded, late, dead."""
    late_records: int
    dead_records: int
    in_topic: Sections
    """The newest committed value of each key of `customer-views` that is not deleted."""
    in_redis: Sections
    alerts: tuple[AlertRecord, ...] = field(default=())


def inconsistencies(evidence: Evidence) -> list[str]:
    """Everything that is wrong, a sentence each; empty when all is consistent."""
    return [
        *events_accounted_for(evidence),
        *redis_equals_topic(evidence.in_topic, evidence.in_redis),
        *alerts_raised_once(evidence.alerts),
        *alerts_equal_sections(evidence.alerts, evidence.in_topic),
    ]


def events_accounted_for(evidence: Evidence) -> Iterator[str]:
    """Produced = folded + late + dead; what was set aside is on its topic."""
    total: Counter[str] = Counter()
    for counts in evidence.counts.values():
        total.update(counts)
    produced, accounted = sum(evidence.produced.values()), total.total()
    if produced != accounted:
        yield (
            f"{produced:,} records were produced, but {accounted:,} are accounted for "
            f"({total['folded']:,} folded, {total['late']:,} late, {total['dead']:,} dead)."
        )
    if total["late"] != evidence.late_records:
        yield f"{total['late']:,} records are counted as late, but late-events holds {evidence.late_records:,}."
    if total["dead"] != evidence.dead_records:
        yield f"{total['dead']:,} records are counted as dead, but dead-letters holds {evidence.dead_records:,}."


def redis_equals_topic(in_topic: Sections, in_redis: Sections) -> Iterator[str]:
    """Every section stands in Redis byte for byte as the topic has it, none more, none less."""
    topic, redis = set(_flat(in_topic)), set(_flat(in_redis))
    yield from _told(topic - redis, "sections of customer-views are not in Redis")
    yield from _told(redis - topic, "sections in Redis are not in customer-views")
    different = {(owner, name) for owner, name in topic & redis if in_topic[owner][name] != in_redis[owner][name]}
    yield from _told(different, "sections in Redis differ from customer-views")


def alerts_raised_once(alerts: Iterable[AlertRecord]) -> Iterator[str]:
    """No revision of an alert was published twice."""
    times = Counter((alert.alert_id, alert.revision) for alert in alerts)
    yield from _told({key for key, n in times.items() if n > 1}, "alert revisions were published more than once")


def alerts_equal_sections(alerts: Iterable[AlertRecord], in_topic: Sections) -> Iterator[str]:
    """The alerts on the topics are the alert sections of the views, the newest revision byte for byte."""
    newest: dict[tuple[str, str], AlertRecord] = {}
    for alert in alerts:
        key = (alert.customer_id, alert_section(alert.alert_id))
        if key not in newest or alert.revision >= newest[key].revision:
            newest[key] = alert
    prefix = alert_section("")
    sections = {key for key in _flat(in_topic) if key[1].startswith(prefix)}
    yield from _told(newest.keys() - sections, "alerts on the topics are in no view")
    yield from _told(sections - newest.keys(), "alerts in views are on no topic")
    shared = newest.keys() & sections
    different = {(owner, name) for owner, name in shared if in_topic[owner][name] != newest[owner, name].value}
    yield from _told(different, "alerts in views differ from the newest record on their topic")


def _flat(sections: Sections) -> Iterator[tuple[str, str]]:
    return ((owner, name) for owner, names in sections.items() for name in names)


def _told(found: "Iterable[tuple[Any, Any]]", what: str) -> Iterator[str]:
    keys = sorted(found)
    if keys:
        examples = ", ".join(f"{owner}/{name}" for owner, name in islice(keys, SHOWN))
        more = f" and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else ""
        yield f"{len(keys):,} {what}: {examples}{more}."

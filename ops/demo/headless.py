"""`c360 demo --once`: replay, catch up, move the clock to the newest instant of all, read what is there, judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

from ops.demo import contents
from ops.demo.broker import Entry, TopicPartitions
from ops.demo.catching_up import Patience, not_folded, not_projected, unprojected
from ops.demo.consistency import AlertRecord, Evidence, inconsistencies
from ops.demo.metrics_reader import scrape
from ops.demo.replay import replaying
from ops.demo.system import WORKER, System
from ops.topics import write_ticks
from schemas.base import utc_text
from schemas.topics import ALERT_TOPICS, CUSTOMER_VIEWS, DEAD_LETTERS, INPUT_TOPICS, LATE_EVENTS

__all__ = ["Outcome", "Plan", "run_once"]

CLOCK: Final = "clock"


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    folder: Path
    rate: float | None
    """Events a second at most; None: as fast as it goes."""
    limit_seconds: float
    """How long catching up may take once all is published."""
    due_at: Callable[[str, Mapping[str, Any]], datetime | None]
    """When a deadline (its key in a view, and what stands there) falls due next, by the rules in force."""


@dataclass(frozen=True)
class Outcome:
    """What a run ended with."""

    dump: dict[str, Any]
    wrong: list[str]
    """What is not consistent, a sentence each."""


@dataclass(frozen=True)
class _Readings:
    """What was read when all had come to rest."""

    ends: TopicPartitions
    sections: dict[str, dict[str, bytes]]
    in_redis: dict[str, dict[str, bytes]]
    alerts: tuple[AlertRecord, ...]
    dead: list[Entry]
    late: list[Entry]


def run_once(system: System, plan: Plan, report: Callable[[str], None]) -> Outcome:
    """Replay to the end and judge; OperatorError when it can't go on or does not catch up in time."""
    began = monotonic()
    _replay(system, plan, report)
    waiting = Patience(plan.limit_seconds, system.watch)
    ends = _await_redis(system, waiting)
    newest = contents.newest_clock(system.redis.progress())
    if newest is not None:
        report(f"All of it is in Redis; the clock moves to {utc_text(newest)}, the newest instant of all.")
        write_ticks(system.running.kafka, newest)
        ends = _await_redis(system, waiting)
    readings = _read(system, waiting, ends, newest, plan.due_at)
    evidence = _evidence(readings)
    return Outcome(_dump(system, readings, monotonic() - began), inconsistencies(evidence))


def _replay(system: System, plan: Plan, report: Callable[[str], None]) -> None:
    """Publish everything, with the worker folding meanwhile only when the replay is throttled.

    As fast as it goes, history of months is written in the time of one fetch; what a worker finds complete, it folds
    in the same order every time.
    """
    throttled = plan.rate is not None
    if throttled:
        system.start_worker()
    _publish(system, plan, report, stepwise=throttled)
    if not throttled:
        system.start_worker()


def _publish(system: System, plan: Plan, report: Callable[[str], None], *, stepwise: bool) -> None:
    with replaying(system, plan.folder, plan.rate, report, stepwise=stepwise) as replay:
        # As long as it takes; the limit is for catching up.
        Patience(float("inf"), system.watch).until_none(lambda: None if replay.finished() else "publishing")


def _await_redis(system: System, waiting: Patience) -> TopicPartitions:
    """Wait until everything that the input topics hold now shows in Redis; their ends."""
    ends = system.broker.ends(INPUT_TOPICS)
    waiting.until_none(lambda: not_folded(ends, system.broker.committed(ends)))
    waiting.until_none(lambda: unprojected(system, ends))
    return ends


def _read(
    system: System,
    waiting: Patience,
    ends: TopicPartitions,
    clock: datetime | None,
    due_at: Callable[[str, Mapping[str, Any]], datetime | None],
) -> _Readings:
    """Read all, once no deadline is left that has fallen due: a flood of them is spread over many flushes."""
    broker = system.broker
    entries: list[Entry] = []

    def due() -> str | None:
        entries[:] = broker.read([CUSTOMER_VIEWS])
        late = contents.overdue(contents.newest_sections(entries), clock, due_at)
        return f"deadlines of {len(late):,} customers have not fired, such as {late[0]}" if late else None

    waiting.until_none(due)
    following = contents.following_offsets(entries)
    waiting.until_none(lambda: not_projected(following, system.redis.resume()))
    return _Readings(
        ends=ends,
        sections=contents.newest_sections(entries),
        in_redis=system.redis.sections(),
        alerts=contents.alert_records(broker.read(ALERT_TOPICS)),
        dead=broker.read([DEAD_LETTERS]),
        late=broker.read([LATE_EVENTS]),
    )


def _evidence(readings: _Readings) -> Evidence:
    return Evidence(
        produced=contents.by_topic(readings.ends),
        counts=contents.counters(readings.sections),
        late_records=len(readings.late),
        dead_records=len(readings.dead),
        in_topic=readings.sections,
        in_redis=readings.in_redis,
        alerts=readings.alerts,
    )


def _dump(system: System, readings: _Readings, seconds: float) -> dict[str, Any]:
    counts = contents.by_topic(readings.ends)
    by_topic = {topic: count for topic, count in counts.items() if count and topic != CLOCK}
    worker = scrape(system.metrics_ports[WORKER])
    return {
        "tier": system.running.kafka_tier,
        "views": contents.assembled_views(readings.in_redis),
        "alerts": contents.latest_alerts(readings.alerts),
        "dead_letters": contents.dead_letters(readings.dead),
        "stats": {
            "events": sum(by_topic.values()),
            "by_topic": by_topic,
            "seconds": round(seconds, 3),
            "recovered": 0 if worker is None else int(worker.total("c360_worker_recovered_records_total")),
            "alert_records": len(readings.alerts),
            "late_events": len(readings.late),
            "restarts": system.crew.restarts,
        },
    }

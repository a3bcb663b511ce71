"""How the running system stands: workers and their partitions, lag, Redis, rules, recovery; each asked by itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connectors.brokers import Kafka, client_of
from connectors.kept_records import KeptRecords, Part, Place, RecordOffsets
from ops.demo.broker import Broker
from ops.demo.metrics_reader import Scrape, scrape
from ops.demo.redis_contents import RedisContents
from ops.errors import OperatorError
from ops.launcher.runfile import read_run
from ops.metrics_catalogue import PROCESSES
from ops.recovery import recovery_line
from ops.rule_changes import RuleTopic
from ops.running import kafka_of, redis_of
from ops.settings import Settings
from ops.view_generations import generations_of, in_force_of
from schemas.generations import group_of
from schemas.topics import DEAD_LETTERS, INPUT_TOPICS, LATE_EVENTS

__all__ = ["Lag", "Member", "Status", "lag_of", "look", "metrics_ports"]

ANSWER_SECONDS: Final = 5.0
COUNTED: Final = 10_000
"""Up to so many offsets are looked into."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Member:
    """A worker as its group knows it."""

    client: str
    host: str
    partitions: Sequence[int]
    rules: Mapping[str, int] | None = None
    """Rule -> the version it folds by; None where its metrics can't be read from here."""
    state: str | None = None
    """What it is doing: waiting, recovering, running or stopping; None as for the rules."""


@dataclass(frozen=True)
class Status:
    """One look. What could not be asked is None, and `troubles` says why."""

    workers: Sequence[Member] | None = None
    lag: Mapping[str, int] | None = None
    """Input topic -> committed records not folded yet."""
    rules: Mapping[str, int] | None = None
    """Rule in force -> its version."""
    old: Sequence[str] | None = None
    """In words, why what Redis holds may be old; empty when it is not."""
    recovery: str | None = None
    """Of the worker of this home, when one tells its metrics."""
    processes: Mapping[str, str] = field(default_factory=dict)
    """Process -> what it is doing, of those of this machine whose ports are known here: also one that waits."""
    lag_is_exact: bool = True
    """Whether those not folded were counted one by one; else there are at most so many, markers among them."""
    aside: Mapping[str, int | None] | None = None
    """`dead-letters` and `late-events` -> records kept there; None: more than are counted."""
    troubles: Sequence[str] = field(default_factory=tuple)

    @property
    def is_well(self) -> bool:
        """Whether all answered, some worker holds partitions, and nothing shown is old."""
        return not self.troubles and bool(self.workers) and not self.old


def look(settings: Settings, now: float) -> Status:
    """Ask all of them; `now` is Unix time."""
    troubles: list[str] = []

    def asked(question: Callable[[], _T]) -> _T | None:
        try:
            return question()
        except OperatorError as error:
            if error.message not in troubles:
                troubles.append(error.message)
            return None

    bootstrap = asked(lambda: kafka_of(settings).bootstrap)
    workers = lag = aside = rules = None
    group = None
    if bootstrap is not None:
        group = asked(lambda: group_of(settings.consumer_group, in_force_of(generations_of(bootstrap))))
    if bootstrap is not None and group is not None:
        workers = asked(lambda: _workers(bootstrap, group, metrics_ports(settings).get("worker", 0)))
    if workers is not None and bootstrap is not None and group is not None:
        lag = asked(lambda: _lag(bootstrap, group))
        aside = asked(lambda: _aside(bootstrap))
        rules = asked(lambda: _rules(bootstrap))
    old = asked(lambda: _old(settings, now))
    ports = metrics_ports(settings)
    told = {process: scrape(port) for process, port in ports.items()}
    processes = {process: _doing(told[process]) or f"no answer at port {ports[process]}" for process in told}
    return Status(
        workers=workers,
        lag=None if lag is None else lag.records,
        lag_is_exact=lag is None or lag.is_exact,
        aside=aside,
        rules=rules,
        old=old,
        recovery=_recovery(told.get("worker"), now),
        processes=processes,
        troubles=troubles,
    )


class Lag(NamedTuple):
    """Topic -> records between the group's positions and the ends."""

    records: Mapping[str, int]
    is_exact: bool


def lag_of(ends: Mapping[Place, int], positions: Mapping[Place, int], read: Mapping[Place, Part]) -> Lag:
    """By what was read from the positions on; what was not counts as if every offset was a record."""
    lag: dict[str, int] = {}
    is_exact = True
    for place, end in ends.items():
        position = positions.get(place, 0)
        found = read.get(place, Part([], position))
        unknown = max(0, end - max(found.until, position))
        lag[place[0]] = lag.get(place[0], 0) + sum(offset < end for offset in found.offsets) + unknown
        is_exact = is_exact and not unknown
    return Lag(lag, is_exact)


def _workers(bootstrap: Kafka, group: str, metrics_port: int) -> list[Member]:
    admin = AdminClient(client_of(bootstrap, {"client.id": "c360-status"}))
    try:
        found = admin.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)[group].result()
    except KafkaException as error:
        raise OperatorError(f"Kafka at {bootstrap} does not answer ({error.args[0].str()}).") from None
    hosts = Counter(str(one.host) for one in found.members)
    # Of several workers on one host, whose port it is can't be told.
    told = {host: _told_at(host, metrics_port) for host, count in hosts.items() if count == 1}
    members = [_member(one, told.get(str(one.host))) for one in found.members]
    return sorted(members, key=lambda member: (member.client, member.host, tuple(member.partitions)))


def _told_at(host: str, port: int) -> Scrape | None:
    """What the worker there tells in its metrics; `host` as Kafka writes it, after a slash."""
    return scrape(port, host=host.strip("/")) if port else None


def _member(found: Any, told: Scrape | None) -> Member:
    versions = {} if told is None else told.by("c360_worker_rule_version", "rule")
    rules = {rule: int(version) for rule, version in versions.items()} or None
    return Member(found.client_id, found.host, _partitions(found), rules, _doing(told))


def _doing(told: Scrape | None) -> str | None:
    states = {} if told is None else told.by("c360_process_state", "state")
    return next((state for state, is_now in states.items() if is_now), None)


def metrics_ports(settings: Settings) -> dict[str, int]:
    """Process -> its port: as set, else as the system of this home tells; those that are known."""
    run = read_run(settings.home)
    known: dict[str, int] = {}
    if run is not None:
        known = {process: run.metrics_ports.get(process, 0) for process in PROCESSES}
    if "api_port" in settings.model_fields_set:
        known["api"] = settings.api_port
    if settings.api_tls_certificate is not None or settings.api_workers > 1:
        # With TLS it can't be read; and several processes have ports of their own, without TLS.
        known.pop("api", None)
    if settings.api_workers > 1 and settings.api_metrics_port:
        known |= {f"api {number}": settings.api_metrics_port + number for number in range(settings.api_workers)}
    for process, port in (
        ("worker", settings.worker_metrics_port),
        ("projector", settings.projector_metrics_port),
        ("deliverer", settings.deliverer_metrics_port),
    ):
        known |= {process: port} if port else {}
    return {process: port for process, port in known.items() if port}


def _partitions(member: Any) -> list[int]:
    """Of the input topics, which move together."""
    return sorted({tp.partition for tp in member.assignment.topic_partitions if tp.topic in INPUT_TOPICS})


def _lag(bootstrap: Kafka, group: str) -> Lag:
    with closing(Broker(bootstrap, group)) as broker:
        ends = _ends(broker, INPUT_TOPICS, bootstrap)
        positions = broker.committed(ends)
    behind = {place: positions[place] for place, end in ends.items() if positions[place] < end}
    if not 0 < sum(ends[place] - position for place, position in behind.items()) <= COUNTED:
        return lag_of(ends, positions, {})
    with closing(RecordOffsets(bootstrap)) as records:
        return lag_of(ends, positions, records.read(behind))


def _aside(bootstrap: Kafka) -> dict[str, int | None]:
    with closing(Broker(bootstrap, "c360-status")) as broker, closing(KeptRecords(bootstrap)) as kept:
        # What was deleted since counts for nothing: reading begins at the first record there is.
        ends = {topic: _ends(broker, [topic], bootstrap) for topic in (DEAD_LETTERS, LATE_EVENTS)}
        return {topic: kept.of({place: (0, end) for place, end in found.items()}) for topic, found in ends.items()}


def _ends(broker: Broker, topics: Sequence[str], bootstrap: Kafka) -> dict[tuple[str, int], int]:
    try:
        return broker.ends(topics)
    except KeyError as absent:
        raise OperatorError(f"Kafka at {bootstrap} has no topic {absent.args[0]}: run `c360 topics create`.") from None


def _rules(bootstrap: Kafka) -> dict[str, int]:
    return {rule.id: rule.version for rule in RuleTopic(bootstrap).book().rules.rules if rule.enabled}


def _old(settings: Settings, now: float) -> list[str]:
    with closing(RedisContents(redis_of(settings), settings.partitions)) as redis:
        return redis.freshness().shortcomings(now)


def _recovery(told: Scrape | None, now: float) -> str | None:
    return None if told is None else recovery_line(told, now)

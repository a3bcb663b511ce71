"""How the running system stands: workers and their partitions, lag, Redis, rules, recovery; each asked by itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connectors.brokers import Kafka, client_of
from ops.demo.broker import Broker
from ops.demo.metrics_reader import scrape
from ops.demo.redis_contents import RedisContents
from ops.errors import OperatorError
from ops.launcher.runfile import read_run
from ops.recovery import recovery_line
from ops.rule_changes import RuleTopic
from ops.running import kafka_of, redis_of
from ops.settings import Settings
from ops.view_generations import generations_of, in_force_of
from schemas.generations import group_of
from schemas.topics import INPUT_TOPICS

__all__ = ["Member", "Status", "lag_of", "look"]

ANSWER_SECONDS: Final = 5.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class Member:
    """A worker as its group knows it."""

    client: str
    host: str
    partitions: Sequence[int]
    rules: Mapping[str, int] | None = None
    """Rule -> the version it folds by; None where its metrics can't be read from here."""


@dataclass(frozen=True)
class Status:
    """One look. What could not be asked is None, and `troubles` says why."""

    workers: Sequence[Member] | None = None
    lag: Mapping[str, int] | None = None
    """Input topic -> committed records not folded yet, and the markers among them."""
    rules: Mapping[str, int] | None = None
    """Rule in force -> its version."""
    old: Sequence[str] | None = None
    """In words, why what Redis holds may be old; empty when it is not."""
    recovery: str | None = None
    """Of the worker of this home, when one tells its metrics."""
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
    workers = lag = rules = None
    group = None
    if bootstrap is not None:
        group = asked(lambda: group_of(settings.consumer_group, in_force_of(generations_of(bootstrap))))
    if bootstrap is not None and group is not None:
        workers = asked(lambda: _workers(bootstrap, group, _metrics_port(settings)))
    if workers is not None and bootstrap is not None and group is not None:
        lag = asked(lambda: _lag(bootstrap, group))
        rules = asked(lambda: _rules(bootstrap))
    old = asked(lambda: _old(settings, now))
    return Status(workers, lag, rules, old, _recovery(settings, now), troubles)


def lag_of(ends: Mapping[tuple[str, int], int], positions: Mapping[tuple[str, int], int]) -> dict[str, int]:
    """Topic -> what lies between the group's positions and the ends."""
    lag: dict[str, int] = {}
    for (topic, partition), end in ends.items():
        lag[topic] = lag.get(topic, 0) + max(0, end - positions.get((topic, partition), 0))
    return lag


def _workers(bootstrap: Kafka, group: str, metrics_port: int) -> list[Member]:
    admin = AdminClient(client_of(bootstrap, {"client.id": "c360-status"}))
    try:
        found = admin.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)[group].result()
    except KafkaException as error:
        raise OperatorError(f"Kafka at {bootstrap} does not answer ({error.args[0].str()}).") from None
    hosts = Counter(str(one.host) for one in found.members)
    # Of several workers on one host, whose port it is can't be told.
    rules = {host: _folds_by(host, metrics_port) for host, count in hosts.items() if count == 1}
    members = [Member(one.client_id, one.host, _partitions(one), rules.get(str(one.host))) for one in found.members]
    return sorted(members, key=lambda member: (member.client, member.host, tuple(member.partitions)))


def _folds_by(host: str, port: int) -> Mapping[str, int] | None:
    """Rule -> version, as the worker there tells in its metrics; `host` as Kafka writes it, after a slash."""
    told = scrape(port, host=host.strip("/")) if port else None
    versions = {} if told is None else told.by("c360_worker_rule_version", "rule")
    return {rule: int(version) for rule, version in versions.items()} or None


def _metrics_port(settings: Settings) -> int:
    """Of a worker: as set, else as the system of this home tells; 0: not known."""
    run = read_run(settings.home)
    return settings.worker_metrics_port or (run.metrics_ports.get("worker", 0) if run is not None else 0)


def _partitions(member: Any) -> list[int]:
    """Of the input topics, which move together."""
    return sorted({tp.partition for tp in member.assignment.topic_partitions if tp.topic in INPUT_TOPICS})


def _lag(bootstrap: Kafka, group: str) -> dict[str, int]:
    with closing(Broker(bootstrap, group)) as broker:
        try:
            ends = broker.ends(INPUT_TOPICS)
        except KeyError as absent:
            raise OperatorError(f"Kafka at {bootstrap} has no topic {absent}: run `c360 topics create`.") from None
        return lag_of(ends, broker.committed(ends))


def _rules(bootstrap: Kafka) -> dict[str, int]:
    return {rule.id: rule.version for rule in RuleTopic(bootstrap).book().rules.rules if rule.enabled}


def _old(settings: Settings, now: float) -> list[str]:
    with closing(RedisContents(redis_of(settings), settings.partitions)) as redis:
        return redis.freshness().shortcomings(now)


def _recovery(settings: Settings, now: float) -> str | None:
    port = _metrics_port(settings)
    told = scrape(port) if port else None
    return None if told is None else recovery_line(told, now)

"""The examination: everything is looked at, whatever else is wrong."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from uuid import uuid4

from connectors.brokers import Brokers, Kafka
from ops.doctor.certificates import judge_end, shown_by_kafka, shown_by_redis, shown_by_us
from ops.doctor.clocks import broker_ahead
from ops.doctor.findings import Area, Finding, fault, ok, warning
from ops.doctor.kafka import KafkaSilent, judge_topics, look_at_topics
from ops.doctor.kafka_disks import judge_disks, look_at_disks
from ops.doctor.machine import judge_machine, look_at_machine
from ops.doctor.redis import judge_redis, judge_views, look_at_redis
from ops.doctor.rights import judge_rights, look_at_rights
from ops.errors import OperatorError, Refused
from ops.index_key import FILE, identifiers_of
from ops.launcher.capabilities import probe
from ops.rule_changes import RuleTopic
from ops.running import kafka_of, redis_of
from ops.settings import Settings, load_settings, without_password
from schemas.topics import ALERT_RULES, TOPICS

__all__ = ["examine"]

SKEW_SECONDS = 1.0
"""A clock that is off by more is told of: deadlines and latencies are judged by it."""


def examine(load: Callable[[], Settings] = load_settings) -> Iterator[Finding]:
    """Each finding as soon as it is there; what can't be looked at because of another fault is left out."""
    try:
        settings = load()
    except OperatorError as error:
        cure = "Correct the variable: `c360 settings` lists each with what it may be. Nothing else was looked at."
        yield from (fault("settings", line, cure) for line in error.message.splitlines())
        return
    yield ok("settings", "Every C360_ variable is a setting and has a value it may have.")
    yield from judge_machine(look_at_machine(settings.home))
    yield from shown_by_us(settings, _now())
    yield from _kafka(settings)
    yield from _redis(settings)


def _kafka(settings: Settings) -> Iterator[Finding]:
    try:
        bootstrap = kafka_of(settings).bootstrap
        brokers, topics = look_at_topics(bootstrap)
    except Refused as refused:
        yield fault("kafka", refused.said, refused.cure)
        return
    except OperatorError as error:
        yield fault("kafka", error.message, "Set C360_KAFKA_BOOTSTRAP.")
        return
    except KafkaSilent as silent:
        said = f"Kafka at {bootstrap} does not answer ({silent})."
        yield fault("kafka", said, "Start it, or correct C360_KAFKA_BOOTSTRAP.")
        return
    yield ok("kafka", f"Kafka at {bootstrap} answers: {brokers} broker{'' if brokers == 1 else 's'}.")
    yield from _ends("kafka", shown_by_kafka(bootstrap) if isinstance(bootstrap, Brokers) else {})
    yield from judge_disks(str(bootstrap), look_at_disks(settings, bootstrap))
    yield from _abilities(bootstrap)
    allowed = look_at_rights(bootstrap, TOPICS, (settings.consumer_group, settings.delivery_group))
    yield from judge_rights(settings.kafka_user or "ANONYMOUS", allowed)
    yield from _skew("kafka", f"Kafka at {bootstrap}", broker_ahead(bootstrap, f"c360-doctor-{uuid4().hex}"))
    hidden = {name for (kind, name), operations in allowed.items() if kind == "topic" and not operations}
    yield from judge_topics(brokers, topics, settings.partitions, hidden)
    if ALERT_RULES in topics:
        yield from _rules(bootstrap)


def _ends(area: Area, shown: Mapping[str, datetime]) -> Iterator[Finding]:
    for whose, ends in shown.items():
        yield from judge_end(area, whose, ends, _now())


def _now() -> datetime:
    return datetime.now(UTC)


def _abilities(bootstrap: Kafka) -> Iterator[Finding]:
    try:
        able = probe(bootstrap)
    except OperatorError as error:
        yield fault("kafka", error.message, "Give c360's user the rights to create and delete topics.")
        return
    if able.transactions:
        yield ok("kafka", "It has transactions: nothing is lost, no alert comes twice.")
    else:
        said = f"Kafka at {bootstrap} has no transactions: after a crash redelivered events are recognised instead."
        yield warning("kafka", said, "In production use Apache Kafka 2.5 or newer.")


def _rules(bootstrap: Kafka) -> Iterator[Finding]:
    try:
        rules = RuleTopic(bootstrap).book().rules.rules
    except OperatorError as error:
        yield fault("rules", error.message, "See the topics above.")
        return
    if not rules:
        yield fault("rules", f"Topic {ALERT_RULES} holds no rules: no worker starts.", "Run `c360 rules seed`.")
    else:
        enabled = sum(rule.enabled for rule in rules)
        yield ok("rules", f"{enabled} of {len(rules)} rules are in force.")


def _redis(settings: Settings) -> Iterator[Finding]:
    try:
        url = redis_of(settings)
    except Refused as refused:
        yield fault("redis", refused.said, refused.cure)
        return
    except OperatorError as error:
        yield fault("redis", error.message, "Set C360_REDIS_URL.")
        return
    where = without_password(url).partition("?")[0]
    facts = look_at_redis(url)
    yield from _ends("redis", shown_by_redis(url))
    yield from judge_redis(where, facts)
    yield from judge_views(where, facts, _fingerprint(settings))
    if facts.info is not None:
        yield from _skew("redis", f"Redis at {where}", facts.ahead)


def _fingerprint(settings: Settings) -> str | None:
    """Of the secret that is set, or kept in the home; none is made."""
    is_given = settings.index_key is not None or settings.index_key_file is not None
    if not is_given and not (settings.home / FILE).is_file():
        return None
    try:
        return identifiers_of(settings).fingerprint
    except OperatorError:
        # Not readable: what is wrong with the home is a finding of its own.
        return None


def _skew(area: Area, who: str, seconds: float | None) -> Iterator[Finding]:
    if seconds is None or abs(seconds) < SKEW_SECONDS:
        return
    ahead = "ahead of" if seconds > 0 else "behind"
    said = f"The clock of {who} is {abs(seconds):.1f} s {ahead} this machine's."
    yield warning(area, said, "Keep the clocks of all machines together (NTP): deadlines and latencies go by them.")

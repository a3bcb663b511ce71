"""Kafka: whether it answers, what it can do, and whether the topics are as the contract says."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from connectors.brokers import Kafka, client_of
from ops.doctor.findings import Finding, fault, ok, warning
from schemas.topics import MAX_ASIDE_BYTES, TOPICS, Topic

__all__ = ["KafkaSilent", "TopicFacts", "judge_topics", "look_at_topics"]

ANSWER_SECONDS: Final = 5.0
SECTION_RECORD_BYTES: Final = 1_000_000
"""What a topic must take: the largest section, 900,000 bytes, with its key and headers."""


class KafkaSilent(Exception):
    """Nobody answers there."""


@dataclass(frozen=True)
class TopicFacts:
    """A topic as it stands."""

    partitions: int
    replicas: int
    config: Mapping[str, str]
    """Empty where the broker does not tell."""


def look_at_topics(bootstrap: Kafka) -> tuple[int, dict[str, TopicFacts]]:
    """(brokers, topic of the contract -> how it stands). Raises KafkaSilent."""
    admin = AdminClient(client_of(bootstrap, {"client.id": "c360-doctor"}))
    try:
        cluster = admin.list_topics(timeout=ANSWER_SECONDS)
    except KafkaException as error:
        raise KafkaSilent(error.args[0].str()) from None
    present = [name for name in TOPICS if name in cluster.topics]
    configs = _configs(admin, present)
    found = {}
    for name in present:
        partitions = cluster.topics[name].partitions
        replicas = min((len(partition.replicas) for partition in partitions.values()), default=0)
        found[name] = TopicFacts(len(partitions), replicas, configs.get(name, {}))
    return len(cluster.brokers), found


def _configs(admin: AdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    resources = {name: ConfigResource(ResourceType.TOPIC, name) for name in names}
    if not resources:
        return {}
    told = admin.describe_configs(list(resources.values()), request_timeout=ANSWER_SECONDS)
    configs: dict[str, dict[str, str]] = {}
    for name, resource in resources.items():
        try:
            entries: Mapping[str, Any] = told[resource].result()
        except KafkaException:
            continue
        configs[name] = {key: entry.value for key, entry in entries.items() if entry.value is not None}
    return configs


def judge_topics(
    brokers: int, found: Mapping[str, TopicFacts], partitions: int, hidden: Collection[str] = ()
) -> Iterator[Finding]:
    """What of the topics is not as the contract says; one line when all is. `hidden`: those this user may not see."""
    wrong = [*_absent(found, hidden), *_of_each(brokers, found, partitions)]
    yield from wrong
    if not wrong:
        yield ok("topics", f"All {len(found)} topics are as the contract says.")


def _absent(found: Mapping[str, TopicFacts], hidden: Collection[str]) -> Iterator[Finding]:
    absent = sorted(TOPICS.keys() - found.keys() - set(hidden))
    if absent:
        yield fault("topics", f"There is no topic {', '.join(absent)}.", "Run `c360 topics create`.")


def _of_each(brokers: int, found: Mapping[str, TopicFacts], partitions: int) -> Iterator[Finding]:
    for name, facts in found.items():
        topic = TOPICS[name]
        wanted = topic.partitions or partitions
        if facts.partitions != wanted:
            yield _other_count(topic, facts.partitions, wanted)
        yield from _config(topic, facts)
        if brokers >= 3 > facts.replicas:
            cure = "Reassign its partitions to three brokers (kafka-reassign-partitions)."
            copies = "one copy" if facts.replicas == 1 else f"{facts.replicas} copies"
            yield warning("topics", f"Topic {name} has {copies} on {brokers} brokers.", cure)


def _other_count(topic: Topic, found: int, wanted: int) -> Finding:
    said = f"Topic {topic.name} has {found} partitions where {wanted} are needed."
    if topic.partitions is not None:
        return fault("topics", said, "Delete it, run `c360 topics create`, and put its records again.")
    cure = (
        f"Set C360_PARTITIONS={found} if all have so many; else delete it, if it holds nothing of worth, and create it."
    )
    return fault("topics", said, cure)


def _config(topic: Topic, facts: TopicFacts) -> Iterator[Finding]:
    config = facts.config
    cleanup = config.get("cleanup.policy", topic.cleanup)
    if cleanup != topic.cleanup:
        said = f"Topic {topic.name} has cleanup.policy={cleanup} where {topic.cleanup} is needed: records are lost."
        yield fault("topics", said, _alter(topic, f"cleanup.policy={topic.cleanup}"))
    yield from _retention(topic, config)
    least = MAX_ASIDE_BYTES if topic.role == "aside" else SECTION_RECORD_BYTES
    largest = int(config.get("max.message.bytes", least))
    if largest < least:
        said = f"Topic {topic.name} takes no record above {largest:,} bytes, and one may have {least:,}."
        yield fault("topics", said, _alter(topic, f"max.message.bytes={least}"))
    in_sync = int(config.get("min.insync.replicas", 1))
    if in_sync > facts.replicas:
        said = f"Topic {topic.name} has min.insync.replicas={in_sync} with {facts.replicas} copies: it takes nothing."
        yield fault("topics", said, _alter(topic, f"min.insync.replicas={max(1, facts.replicas - 1)}"))


def _retention(topic: Topic, config: Mapping[str, str]) -> Iterator[Finding]:
    if topic.cleanup != "delete" or "retention.ms" not in config:
        return
    kept, wanted = int(config["retention.ms"]), topic.retention_ms
    if kept != -1 and (wanted == -1 or kept < wanted):
        said = f"Topic {topic.name} keeps its records {kept:,} ms where {topic.kept()} is meant: what is older is gone."
        yield warning("topics", said, _alter(topic, f"retention.ms={wanted}"))


def _alter(topic: Topic, setting: str) -> str:
    return f"Run kafka-configs --alter --entity-type topics --entity-name {topic.name} --add-config {setting}."

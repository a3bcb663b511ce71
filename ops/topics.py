"""The topics on the broker: created as `schemas/topics.py` says, listed, identified; and the ticks of the clock."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

import orjson
from confluent_kafka import KafkaError, KafkaException, Message, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType, TopicMetadata

from connectors.brokers import Kafka, client_of
from connectors.sources.publishing import create_producer
from ops.errors import OperatorError
from schemas.clock import ClockTicked
from schemas.topics import CUSTOMER_VIEWS, TOPICS, Topic

__all__ = ["TopicState", "create_topics", "expect_topics", "list_topics", "topic_ids", "write_ticks"]

CLOCK: Final = "clock"
NO_TOPIC_ID: Final = "0"
"""Identity of every topic on a broker that gives its topics none."""

_TIMEOUT: Final = 10.0
_FIRST_ANSWER: Final = 5.0
_POLL: Final = 0.05
_TICKS: Final = UUID("8c6f3a52-1d7e-5b43-9a86-c360c10c7100")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class TopicState:
    """A topic of the contract as it stands on the broker; `partitions` is None where it is absent."""

    topic: Topic
    partitions: int | None


def create_topics(bootstrap: Kafka, partitions: int, topics: Iterable[Topic] = tuple(TOPICS.values())) -> list[str]:
    """Create those that are absent, and return their names once every broker client can see all of them.

    `partitions` is for those whose contract leaves it to the setting.

    OperatorError when one exists with another partition count (keys would change partitions) or another cleanup.
    """
    wanted = {topic.name: topic for topic in topics}
    admin = _admin(bootstrap)
    present = _partitions(admin, bootstrap)
    for name, topic in wanted.items():
        if name in present and present[name] != (topic.partitions or partitions):
            raise OperatorError(_mismatch(topic, present[name], partitions, bootstrap))
    _expect_cleanup(admin, [topic for topic in wanted.values() if topic.name in present])
    absent = [topic for topic in wanted.values() if topic.name not in present]
    created = _create(admin, absent, partitions)
    _await_all(admin, bootstrap, wanted)
    return created


def list_topics(bootstrap: Kafka) -> list[TopicState]:
    """Every topic of the contract, with its partitions on the broker."""
    present = _partitions(_admin(bootstrap), bootstrap)
    return [TopicState(topic, present.get(name)) for name, topic in TOPICS.items()]


def expect_topics(bootstrap: Kafka, found: Mapping[str, TopicMetadata]) -> int:
    """The partitions of every topic keyed by customer, where all topics are among those `found` on the broker.

    OperatorError names those that are missing, or have another count. Of views those are to be looked for that are
    served: the first generation's may be gone.
    """
    missing = sorted(TOPICS.keys() - {CUSTOMER_VIEWS} - found.keys())
    if missing:
        raise OperatorError(
            f"Kafka at {bootstrap} lacks the topics {', '.join(missing)}: run `c360 topics create` and start again."
        )
    keyed = (name for name, topic in TOPICS.items() if topic.partitions is None and name in found)
    counts = {name: len(found[name].partitions) for name in keyed}
    usual = Counter(counts.values()).most_common(1)[0][0]
    odd = [f"{name} {count}" for name, count in sorted(counts.items()) if count != usual]
    if odd:
        raise OperatorError(
            f"The topics of Kafka at {bootstrap} differ in their partition counts ({', '.join(odd)}, the others "
            f"{usual}): all must have the same, or the records of one customer meet in different partitions. Delete "
            "the odd ones, if they hold nothing of worth, and run `c360 topics create`."
        )
    return usual


def topic_ids(bootstrap: Kafka, names: Iterable[str] = tuple(TOPICS)) -> dict[str, str]:
    """Name -> the broker's id of it: a topic deleted and created again has another. Absent topics are left out."""
    wanted = list(names)
    if not wanted:
        return {}
    # The client must live until its answers are there.
    admin = _admin(bootstrap)
    found = admin.describe_topics(TopicCollection(wanted), request_timeout=_TIMEOUT)
    ids: dict[str, str] = {}
    for name, description in found.items():
        try:
            ids[name] = _id_text(description.result().topic_id)
        except KafkaException as error:
            cause: KafkaError = error.args[0]
            if cause.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                continue
            if cause.code() == KafkaError._UNSUPPORTED_FEATURE:  # noqa: SLF001  its public name
                ids[name] = NO_TOPIC_ID
                continue
            raise OperatorError(_unreachable(bootstrap, error)) from None
    return ids


def write_ticks(bootstrap: Kafka, at: datetime, topic: str = CLOCK) -> int:
    """Write one `clock.ticked` of `at` to every partition of the clock; returns how many, all acknowledged.

    The same instant gives the same ids and bytes; to a clock that is past `at` a tick changes nothing.
    """
    partitions = _partitions(_admin(bootstrap), bootstrap).get(topic)
    if partitions is None:
        raise OperatorError(f"Kafka at {bootstrap} has no topic {topic}: run `c360 topics create` first.")
    producer = create_producer(bootstrap)
    failures: list[str] = []

    def report(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(error.str())

    for partition in range(partitions):
        key = str(partition)
        producer.produce(topic, value=_tick(at, partition), key=key, partition=partition, on_delivery=report)
    producer.flush(_TIMEOUT)
    if failures or len(producer):
        said = failures[0] if failures else "no answer"
        raise OperatorError(f"Kafka at {bootstrap} did not take the ticks of {topic} ({said}): run it again.")
    return partitions


def _tick(at: datetime, partition: int) -> bytes:
    tick = ClockTicked(
        type="clock.ticked",
        event_id=str(uuid5(_TICKS, f"{at.isoformat()}|{partition}")),
        source=CLOCK,
        occurred_at=at,
        recorded_at=at,
    )
    return orjson.dumps(tick.model_dump(), option=orjson.OPT_UTC_Z)


def _admin(bootstrap: Kafka) -> AdminClient:
    return AdminClient(client_of(bootstrap, {"client.id": "c360-topics"}))


def _partitions(admin: AdminClient, bootstrap: Kafka) -> dict[str, int]:
    try:
        found = admin.list_topics(timeout=_FIRST_ANSWER).topics
    except KafkaException as error:
        raise OperatorError(_unreachable(bootstrap, error)) from None
    return {name: len(topic.partitions) for name, topic in found.items()}


def _create(admin: AdminClient, topics: list[Topic], partitions: int) -> list[str]:
    if not topics:
        return []
    asked = [
        NewTopic(topic.name, num_partitions=topic.partitions or partitions, config=topic.config()) for topic in topics
    ]
    created: list[str] = []
    for name, outcome in admin.create_topics(asked, request_timeout=_TIMEOUT).items():
        try:
            outcome.result()
        except KafkaException as error:
            # Somebody else created it in between: what is wanted is there.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise OperatorError(f"Kafka refuses to create the topic {name}: {error.args[0].str()}.") from None
        else:
            created.append(name)
    return created


def _await_all(admin: AdminClient, bootstrap: Kafka, wanted: dict[str, Topic]) -> None:
    """A broker answers before it has told its own metadata; a producer would then find no topic."""
    _await(
        lambda: wanted.keys() <= _partitions(admin, bootstrap).keys(),
        f"Kafka at {bootstrap} has not made all topics known in {_TIMEOUT:.0f} s: run it again.",
    )


def _await(holds: Callable[[], bool], otherwise: str) -> None:
    """Return once `holds()`; OperatorError with `otherwise` after the time limit."""
    deadline = monotonic() + _TIMEOUT
    while not holds():
        if monotonic() > deadline:
            raise OperatorError(otherwise)
        sleep(_POLL)


def _expect_cleanup(admin: AdminClient, topics: list[Topic]) -> None:
    """Only where the broker tells its settings."""
    resources = {topic.name: ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics}
    if not resources:
        return
    told = admin.describe_configs(list(resources.values()), request_timeout=_TIMEOUT)
    for topic in topics:
        settings = _result_or_none(told[resources[topic.name]])
        entry = settings.get("cleanup.policy") if settings else None
        if entry is not None and entry.value != topic.cleanup:
            raise OperatorError(
                f"Topic {topic.name} has cleanup.policy={entry.value} where {topic.cleanup} is needed: "
                f"change it on the broker (kafka-configs --alter), or delete the topic when it holds nothing of worth."
            )


def _result_or_none(future: "Future[_Result]") -> _Result | None:
    try:
        return future.result()
    except KafkaException:
        return None


def _id_text(topic_id: Any) -> str:
    text = str(topic_id) if topic_id is not None else ""
    # Kafka's zero id stands for "none".
    return text if text.strip("A=") else NO_TOPIC_ID


def _mismatch(topic: Topic, present: int, wanted: int, bootstrap: Kafka) -> str:
    name = topic.name
    if topic.partitions is not None:
        return (
            f"Topic {name} at {bootstrap} has {present} partitions where {topic.partitions} is needed, for its changes "
            "to have one order: delete it, run this again, and put its records again."
        )
    return (
        f"Topic {name} at {bootstrap} has {present} partitions where {wanted} are set: all topics need the same count. "
        f"Set C360_PARTITIONS={present}, or delete the topic when it holds nothing of worth and run this again."
    )


def _unreachable(bootstrap: Kafka, error: KafkaException) -> str:
    return f"Kafka at {bootstrap} does not answer ({error.args[0].str()}): start it, or correct C360_KAFKA_BOOTSTRAP."

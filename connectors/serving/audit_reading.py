"""Reads the audit trail back: who looked at a customer, at whom somebody looked, since when."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from connectors.brokers import Kafka, in_words, onlooker_of
from connectors.errors import Unavailable
from schemas.audit import LookupAudit
from schemas.topics import LOOKUP_AUDIT

__all__ = ["read_audit"]

_TIMEOUT_S: Final = 10.0
_AT_ONCE: Final = 1_000


def read_audit(bootstrap: Kafka, since: datetime | None = None) -> Iterator[LookupAudit]:
    """All records from `since` on to the end of the topic as it is now; partition after partition, each by time.

    Raises Unavailable when Kafka does not answer. What is no record of the trail is passed over.
    """
    consumer = Consumer(onlooker_of(bootstrap, "c360-reads-audit"))
    try:
        for start in _starts(consumer, since):
            yield from _partition(consumer, start)
    except KafkaException as error:
        raise Unavailable("kafka", in_words(error.args[0])) from None
    finally:
        consumer.close()


def _starts(consumer: Consumer, since: datetime | None) -> list[TopicPartition]:
    found = consumer.list_topics(LOOKUP_AUDIT, timeout=_TIMEOUT_S).topics[LOOKUP_AUDIT]
    if found.error is not None:
        raise KafkaException(found.error)
    at_ms = 0 if since is None else int(since.timestamp() * 1000)
    wanted = [TopicPartition(LOOKUP_AUDIT, number, at_ms) for number in sorted(found.partitions)]
    return wanted if since is None else consumer.offsets_for_times(wanted, timeout=_TIMEOUT_S)


def _partition(consumer: Consumer, start: TopicPartition) -> Iterator[LookupAudit]:
    consumer.assign([start])
    while True:
        # Waiting for many at once would wait for the whole timeout.
        first = consumer.poll(_TIMEOUT_S)
        if first is None:
            raise Unavailable("kafka", f"partition {start.partition} of {LOOKUP_AUDIT} could not be read to its end")
        for message in (first, *consumer.consume(_AT_ONCE, 0)):
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  the library's public name
                    return
                raise KafkaException(error)
            record = _record(message)
            if record is not None:
                yield record


def _record(message: Message) -> LookupAudit | None:
    try:
        return LookupAudit.model_validate_json(message.value() or b"")
    except ValidationError:
        return None

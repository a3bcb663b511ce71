"""Clocks of other machines, beside this one's."""

import time
from typing import Any, Final

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.brokers import Kafka, client_of
from connectors.sources.publishing import create_producer

__all__ = ["broker_ahead", "skew"]

ANSWER_SECONDS: Final = 5.0


def skew(stamped: float, asked: float, answered: float) -> float:
    """Seconds by which a clock read between `asked` and `answered` is ahead at least; 0 when it may be right."""
    return min(0.0, stamped - asked) + max(0.0, stamped - answered)


def broker_ahead(bootstrap: Kafka, scratch: str) -> float | None:
    """Seconds by which the broker's clock is ahead of this machine's; None where it does not tell.

    A topic `scratch`, whose records the broker stamps itself, is made, written to and deleted.
    """
    admin = AdminClient(client_of(bootstrap, {"client.id": "c360-doctor"}))
    stamps: list[tuple[int, int]] = []

    def note(error: Any, message: Any) -> None:
        if error is None:
            stamps.append(message.timestamp())

    try:
        topic = NewTopic(scratch, num_partitions=1, config={"message.timestamp.type": "LogAppendTime"})
        admin.create_topics([topic])[scratch].result(ANSWER_SECONDS)
        producer = create_producer(bootstrap)
        asked = time.time()
        producer.produce(scratch, b"", on_delivery=note)
        producer.flush(ANSWER_SECONDS)
        answered = time.time()
        admin.delete_topics([scratch])[scratch].result(ANSWER_SECONDS)
    except KafkaException:
        return None
    if not stamps or stamps[0][0] != TIMESTAMP_LOG_APPEND_TIME:
        return None
    return skew(stamps[0][1] / 1000, asked, answered)

"""A control topic as a command reads it: whole, once."""

from contextlib import closing

from connectors.brokers import Kafka
from connectors.errors import NoSuchTopic, Unavailable
from connectors.sources.control_topic import ControlRecord, ControlTopic
from ops.errors import OperatorError

__all__ = ["control_records"]


def control_records(bootstrap: Kafka, name: str) -> list[ControlRecord]:
    """All that the topic holds now, oldest first. OperatorError when Kafka does not answer, or has no such topic."""
    records: list[ControlRecord] = []
    try:
        with closing(ControlTopic(bootstrap, name, records.extend)) as topic:
            topic.read()
    except NoSuchTopic as error:
        raise OperatorError(
            f"Kafka at {bootstrap} has no topic {error.topic}: run `c360 topics create` first."
        ) from None
    except Unavailable as error:
        raise OperatorError(
            f"Kafka at {bootstrap} does not answer ({error.reason}): start it, or correct its address."
        ) from None
    return records

"""Publishing a generated bank at the command line."""

from collections.abc import Iterable
from pathlib import Path
from time import monotonic

import yaml

from connectors.brokers import Kafka
from connectors.sources.entities import EVENT_TYPES
from connectors.sources.errors import SourceError
from connectors.sources.generator import GeneratedBank
from connectors.sources.publishing import create_producer, expect_topics, publish
from ops.errors import OperatorError

__all__ = ["publish_bank", "write_reference"]


def publish_bank(bank: GeneratedBank, bootstrap: Kafka, rate: float | None) -> Iterable[str]:
    """Publish its events; what was published, a line each. OperatorError when it can't go on."""
    began = monotonic()
    try:
        producer = create_producer(bootstrap)
        expect_topics(producer, {event_type.topic for event_type in EVENT_TYPES.values()}, bootstrap)
        published = publish(bank.events(), producer, rate)
    except SourceError as error:
        raise OperatorError(str(error)) from None
    seconds = monotonic() - began
    for topic, events in sorted(published.by_topic.items()):
        yield f"published {events:,} events to {topic}"
    yield f"{published.acknowledged:,} events in {seconds:.1f} s ({published.acknowledged / seconds:,.0f} a second)"


def write_reference(bank: GeneratedBank, path: Path) -> None:
    """Write the bank's branches and managers as YAML; OperatorError when the file can't be written."""
    try:
        path.write_text(yaml.safe_dump(bank.reference(), sort_keys=False, allow_unicode=True), "utf-8")
    except OSError as error:
        raise OperatorError(f"{path} can't be written: {error.strerror}.") from None

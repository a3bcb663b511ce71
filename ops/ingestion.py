"""One ingest at the command line: read, publish, and an account of both."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from connectors.brokers import Kafka
from connectors.sources.entities import EVENT_TYPES
from connectors.sources.errors import Problem, SourceError
from connectors.sources.mapping_files import load_mapping
from connectors.sources.publishing import create_producer, expect_topics, publish
from connectors.sources.reading import read_events
from ops.errors import OperatorError

__all__ = ["Ingested", "ingest"]

_LISTED = 1_000


@dataclass
class Ingested:
    """What an ingest read, published and refused."""

    rows: dict[str, int] = field(default_factory=dict)
    """File -> data rows."""
    events: int = 0
    by_topic: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    """Reason -> rows."""
    listed: list[Problem] = field(default_factory=list)
    """The first of the refused rows, for a person to look at."""

    def refuse(self, problem: Problem) -> None:
        """Count a refused row, and keep it while there is room."""
        self.refused[problem.reason] += 1
        if len(self.listed) < _LISTED:
            self.listed.append(problem)

    def lines(self) -> Iterable[str]:
        """The refused rows and then the summary, a line at a time."""
        total = self.refused.total()
        yield from (f"refused: {problem}" for problem in self.listed)
        if total > len(self.listed):
            yield f"refused: ... and {total - len(self.listed):,} more"
        for file, rows in self.rows.items():
            yield f"read {rows:,} rows of {file}"
        for topic, events in sorted(self.by_topic.items()):
            yield f"published {events:,} events to {topic}"
        rate = self.events / self.seconds if self.seconds else 0.0
        yield f"{self.events:,} events in {self.seconds:.1f} s ({rate:,.0f} a second)"
        if total:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.refused.most_common())
            yield f"{total:,} rows refused: {reasons}"


def ingest(
    bootstrap: Kafka, mappings: list[str], folder: Path, rate: float | None, *, stepwise: bool = False
) -> Ingested:
    """Publish a folder by its mappings, all merged into one event-time order; OperatorError when it can't go on.

    `stepwise`: all of an instant is in Kafka before anything of a later one is sent.
    """
    report = Ingested()
    began = monotonic()
    try:
        declared = [load_mapping(mapping) for mapping in dict.fromkeys(mappings)]
        events = read_events(declared, folder, report.refuse, report.rows.__setitem__)
        producer = create_producer(bootstrap)
        topics = {EVENT_TYPES[event.type].topic for mapping in declared for event in mapping.events}
        expect_topics(producer, topics, bootstrap)
        published = publish(events, producer, rate, stepwise=stepwise)
    except SourceError as error:
        raise OperatorError(str(error)) from None
    report.events, report.by_topic = published.acknowledged, published.by_topic
    report.seconds = monotonic() - began
    return report

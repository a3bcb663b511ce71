"""`c360 rebuild compare`: both generations read, a partition at a time, and what comes of it in words."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from connectors.brokers import Kafka, onlooker_of
from ops.errors import OperatorError
from ops.view_generations import generations_of
from ops.views_rebuild.comparison import Comparison, Views
from schemas.generations import ViewGenerations, views_topic
from schemas.views import split_key

__all__ = ["compared", "in_lines", "standing_with_other"]

ANSWER_SECONDS: Final = 20.0
AT_ONCE: Final = 5_000


def standing_with_other(bootstrap: Kafka) -> tuple[ViewGenerations, int]:
    """The generations as they stand, and the one beside that in force. OperatorError when there is none."""
    standing = generations_of(bootstrap)
    if standing is None or standing.other is None:
        raise OperatorError("There is one generation of the views only: `c360 rebuild start` begins another.")
    return standing, standing.other


def compared(bootstrap: Kafka, samples: int) -> Comparison:
    """All customers of both generations. OperatorError when Kafka can't be read."""
    standing, other = standing_with_other(bootstrap)
    comparison = Comparison(samples)
    try:
        with closing(Consumer(onlooker_of(bootstrap, "c360-rebuild-compare"))) as consumer:
            topics = [views_topic(standing.in_force), views_topic(other)]
            known = consumer.list_topics(timeout=ANSWER_SECONDS).topics
            absent = [topic for topic in topics if topic not in known]
            if absent:
                raise OperatorError(f"Kafka at {bootstrap} has no topic {absent[0]}: run `c360 rebuild start`.")
            for number in sorted(known[topics[0]].partitions):
                comparison.add(*(_read(consumer, TopicPartition(topic, number, 0)) for topic in topics))
    except KafkaException as error:
        raise OperatorError(f"The views can't be read from Kafka at {bootstrap}: {error.args[0].str()}") from None
    return comparison


def _read(consumer: Consumer, partition: TopicPartition) -> Views:
    """The newest of each key, up to the end as it is met."""
    views: dict[str, dict[str, bytes]] = {}
    consumer.assign([partition])
    while True:
        messages = consumer.consume(AT_ONCE, 1.0)
        for message in messages:
            if message.error() is None:
                _take(views, message)
        if any(_is_end(message) for message in messages):
            return views


def _is_end(message: Message) -> bool:
    error = message.error()
    if error is None:
        return False
    if error.code() != error._PARTITION_EOF:  # noqa: SLF001  the library's public name
        raise KafkaException(error)
    return True


def _take(views: dict[str, dict[str, bytes]], message: Message) -> None:
    key, value = message.key(), message.value()
    owner, section = split_key((key or b"").decode())
    if value is None:
        views.get(owner, {}).pop(section, None)
    else:
        views.setdefault(owner, {})[section] = value


def in_lines(comparison: Comparison, in_force: int, other: int) -> Iterator[str]:
    """A table of the figures, then the fields that differ, then what it comes to."""
    yield from _table(("", f"generation {in_force}", f"generation {other}", "differ"), list(_rows(comparison)))
    if comparison.differences:
        yield ""
        rows = [tuple(difference) for difference in comparison.differences]
        yield from _table(("customer", "field", f"generation {in_force}", f"generation {other}"), rows)
    yield ""
    if comparison.in_motion:
        yield f"{comparison.in_motion:,} customers are in motion (one generation is behind the other): compare again."
    verdict = "all that can be compared is the same" if comparison.is_same else "they differ as told above"
    yield f"{comparison.alike:,} customers are alike; {verdict}."


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    for what, pair, differ in comparison.figures():
        yield what, f"{pair.in_force:,}", f"{pair.other:,}", f"{differ:,}" if differ else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()

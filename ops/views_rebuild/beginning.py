"""A rebuild begun: the new generation's number and its topic."""

import logging
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.brokers import Kafka, client_of
from ops.errors import OperatorError
from ops.topics import create_topics, expect_topics
from ops.view_generations import change_generations, in_force_of
from schemas.generations import FIRST, ViewGenerations, views_topic
from schemas.topics import CUSTOMER_VIEWS, INPUT_TOPICS, TOPICS

__all__ = ["begin_rebuild"]

logger = logging.getLogger("c360.rebuild")

TICKS: Final = "clock"
ANSWER_SECONDS: Final = 20.0


def begin_rebuild(bootstrap: Kafka, fold: str, by: str, at: datetime, *, from_what_is_left: bool) -> int:
    """The newer generation: the one that is built already, or in force already, else a new one. Its topic is there.

    What is built is noted to be made by `fold`: by that its workers know it.
    OperatorError when the input was cut: views of events that were deleted would be missing, unless that is accepted
    (`from_what_is_left`).
    """
    partitions = _partitions(bootstrap, from_what_is_left=from_what_is_left)
    standing = change_generations(bootstrap, lambda now: _with_another(now, fold, by, at))
    assert standing is not None
    assert standing.other is not None
    newer = max(standing.in_force, standing.other)
    if newer == standing.in_force:
        logger.warning(
            "No rebuild is begun: generation %s of the views is in force, and this process is a worker of it. Before "
            "another rebuild drop generation %s (`c360 rebuild drop`), or go back to it (`c360 rebuild rollback`).",
            newer,
            standing.other,
        )
    create_topics(bootstrap, partitions, [replace(TOPICS[CUSTOMER_VIEWS], name=views_topic(newer))])
    return newer


def _with_another(standing: ViewGenerations | None, fold: str, by: str, at: datetime) -> ViewGenerations:
    if standing is not None and standing.other is not None:
        built = standing.other if standing.other > standing.in_force else None
        return standing if built is None else standing.model_copy(update={"folds": {**standing.folds, built: fold}})
    folds = {} if standing is None else standing.folds
    newest = (FIRST if standing is None else standing.newest) + 1
    switches = 0 if standing is None else standing.switches
    return ViewGenerations(
        in_force=in_force_of(standing),
        other=newest,
        newest=newest,
        switches=switches,
        folds={number: known for number, known in folds.items() if number == in_force_of(standing)} | {newest: fold},
        changed_by=by,
        changed_at=at,
    )


def _partitions(bootstrap: Kafka, *, from_what_is_left: bool) -> int:
    """How many the input topics have; all of them must begin at their beginning."""
    settings = client_of(bootstrap, {"group.id": "c360-rebuild"})
    try:
        with closing(Consumer(settings)) as consumer:
            known = consumer.list_topics(timeout=ANSWER_SECONDS).topics
            partitions = expect_topics(bootstrap, known)
            for topic in INPUT_TOPICS:
                for number in known[topic].partitions:
                    begin, _ = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_SECONDS)
                    if begin > 0 and topic != TICKS and not from_what_is_left:
                        raise OperatorError(_cut(topic, number, begin))
            return partitions
    except KafkaException as error:
        raise OperatorError(
            f"Kafka at {bootstrap} does not answer ({error.args[0].str()}): nothing is begun."
        ) from None


def _cut(topic: str, number: int, begin: int) -> str:
    return (
        f"Nothing is begun: {topic} partition {number} begins at offset {begin}, so what came before was deleted, and "
        "new views would lack it. Restore the topic; or, where that is no loss, give --from-what-is-left."
    )

"""`c360 rebuild drop`: one generation stays, with its topic and group; there is no way back."""

from contextlib import closing
from datetime import datetime
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from connectors.brokers import Kafka, client_of
from ops.errors import OperatorError
from ops.settings import Settings
from ops.view_generations import change_generations
from ops.views_rebuild.handing_over import ProgressOf
from ops.views_rebuild.switching import lookups_read, members_of
from schemas.generations import FIRST, ViewGenerations, group_of, views_topic

__all__ = ["drop_other"]

ANSWER_SECONDS: Final = 20.0
_GONE: Final = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.GROUP_ID_NOT_FOUND})


def drop_other(settings: Settings, bootstrap: Kafka, redis_url: str, by: str, at: datetime) -> list[str]:
    """Drop the generation beside the one in force, and what is left of earlier ones; the topics deleted.

    OperatorError while anybody needs it: workers, lookups, or partitions that have not taken over from it.
    """

    def without_other(standing: ViewGenerations | None) -> ViewGenerations | None:
        if standing is None or standing.other is None:
            return standing
        _check_unneeded(settings, bootstrap, redis_url, standing, standing.other)
        return standing.model_copy(update={"other": None, "changed_by": by, "changed_at": at})

    standing = change_generations(bootstrap, without_other)
    if standing is None:
        raise OperatorError("Nothing is dropped: there is one generation of the views, and never was another.")
    # From here on nobody goes back to it; cut off, the next call deletes the rest.
    left = [number for number in range(FIRST, standing.newest + 1) if number != standing.in_force]
    admin = AdminClient(client_of(bootstrap, {"client.id": "c360-rebuild"}))
    present = admin.list_topics(timeout=ANSWER_SECONDS).topics
    topics = [topic for topic in map(views_topic, left) if topic in present]
    groups = [group_of(settings.consumer_group, number) for number in left]
    for name, done in (admin.delete_topics(topics) if topics else {}).items():
        _settle(name, done, bootstrap)
    for name, done in (admin.delete_consumer_groups(groups) if groups else {}).items():
        _settle(name, done, bootstrap)
    return topics


def _check_unneeded(
    settings: Settings, bootstrap: Kafka, redis_url: str, standing: ViewGenerations, other: int
) -> None:
    members = members_of(bootstrap, group_of(settings.consumer_group, other))
    if members:
        raise OperatorError(
            f"Nothing is dropped: {', '.join(members)} still work on generation {other}. End those processes first."
        )
    if lookups_read(redis_url) == views_topic(other):
        raise OperatorError(
            f"Nothing is dropped: lookups still read generation {other}. Give `c360 rebuild switch` again: it goes on "
            f"where it was, and lookups then read generation {standing.in_force}, which is in force."
        )
    if not standing.switches:
        return
    with closing(ProgressOf(bootstrap, standing.in_force)) as progress:
        while not progress.read(ANSWER_SECONDS):
            pass
        followed = progress.follows(standing.switches)
        if followed < progress.partitions:
            raise OperatorError(
                f"Nothing is dropped: of {progress.partitions} partitions {followed} are taken over by generation "
                f"{standing.in_force}; the others need what generation {other} has published. Start its workers."
            )


def _settle(name: str, done: object, bootstrap: Kafka) -> None:
    try:
        done.result()  # type: ignore[attr-defined]
    except KafkaException as error:
        if error.args[0].code() not in _GONE:
            raise OperatorError(
                f"Kafka at {bootstrap} does not delete {name} ({error.args[0].str()}): give the command again."
            ) from None

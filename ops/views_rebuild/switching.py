"""`c360 rebuild switch` and `rollback`: another generation into force, for alerts first, then for lookups.

Each step may be the last one that happens: the same command, given again, finds out what is left to do.
"""

import logging
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import datetime
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connectors.brokers import Kafka, client_of
from connectors.errors import Unavailable
from connectors.sinks.namespaces import Namespaces
from connectors.sinks.rebuild import Progress
from ops.errors import OperatorError
from ops.rebuild import rebuild
from ops.settings import Settings
from ops.view_generations import change_generations
from ops.views_rebuild.handing_over import ProgressOf
from ops.views_rebuild.progress import reached
from schemas.generations import ViewGenerations, group_of, views_topic

__all__ = ["lookups_read", "members_of", "switch_to"]

logger = logging.getLogger("c360.rebuild")

MOST_BEHIND: Final = 10_000
"""Records that are folded in a moment, while alerts wait; or a hundredth of all."""
TAKEN_OVER_S: Final = 120.0
"""Without a step forward for so long, the operator is told what to look at."""
LOOK_S: Final = 0.2


def switch_to(
    settings: Settings, bootstrap: Kafka, redis_url: str, standing: ViewGenerations, target: int, by: str, at: datetime
) -> Generator[Progress, None, None]:
    """Put `target` into force and let lookups read it, telling how far it is. OperatorError when it can't be done."""
    if target != standing.in_force:
        _check_members(settings, bootstrap, standing, target)
    elif lookups_read(redis_url) == views_topic(target):
        return

    def before_switch() -> Iterator[Progress]:
        if target == standing.in_force:
            yield from _until_taken_over(bootstrap, standing, from_end=False)
            return
        with closing(ProgressOf(bootstrap, target, from_end=True)) as progress:
            now = change_generations(bootstrap, lambda found: _with_in_force(standing, found, target, by, at))
            assert now is not None
            yield from _wait(progress, now)

    yield from rebuild(settings, bootstrap, redis_url, afresh=False, generation=target, before_switch=before_switch)


def _check_members(settings: Settings, bootstrap: Kafka, standing: ViewGenerations, target: int) -> None:
    """Of a generation built: somebody must be there to take over, and all but level."""
    if target < standing.in_force:
        return
    if not members_of(bootstrap, group_of(settings.consumer_group, target)):
        raise OperatorError(
            f"Nothing is switched: no process serves generation {target}, so nobody would raise alerts. Start "
            "`c360 rebuild start`, and leave it running: it goes on as the worker of the new views."
        )
    found = reached(bootstrap, settings.consumer_group, target, standing.in_force)
    behind = found.to_fold - found.folded
    if behind > max(MOST_BEHIND, found.to_fold // 100):
        raise OperatorError(
            f"Nothing is switched: generation {target} is {behind:,} records behind generation {standing.in_force}, "
            "and alerts would wait for them. Give the command again when `c360 rebuild status` says 99 % or more."
        )


def _with_in_force(
    seen: ViewGenerations, found: ViewGenerations | None, target: int, by: str, at: datetime
) -> ViewGenerations:
    if found != seen:
        raise OperatorError("Nothing is switched: the generations were changed meanwhile. See `c360 rebuild status`.")
    return seen.model_copy(
        update={
            "in_force": target,
            "other": seen.in_force,
            "switches": seen.switches + 1,
            "changed_by": by,
            "changed_at": at,
        }
    )


def _until_taken_over(bootstrap: Kafka, standing: ViewGenerations, *, from_end: bool) -> Iterator[Progress]:
    with closing(ProgressOf(bootstrap, standing.in_force, from_end=from_end)) as progress:
        yield from _wait(progress, standing)


def _wait(progress: ProgressOf, standing: ViewGenerations) -> Iterator[Progress]:
    """Until each partition's alerts are raised by the generation in force."""
    stage, done, moved_at, is_told = f"generation {standing.in_force} takes over", 0, time.monotonic(), False
    while done < progress.partitions:
        progress.read(LOOK_S)
        now = progress.follows(standing.switches)
        if now > done:
            done, moved_at = now, time.monotonic()
        elif time.monotonic() - moved_at > TAKEN_OVER_S and not is_told:
            is_told = True
            logger.warning(
                "%s of %s partitions are taken over, and none was for %.0f s: see the logs of the workers of "
                "generation %s (`c360 rebuild start`, or `c360 worker`). Lookups read the old views meanwhile.",
                done,
                progress.partitions,
                TAKEN_OVER_S,
                standing.in_force,
            )
        yield Progress(stage, done, progress.partitions, "partitions")


def lookups_read(redis_url: str) -> str | None:
    """The topic whose views lookups read; None: there are none. OperatorError when Redis does not answer."""
    try:
        with closing(Namespaces(redis_url)) as namespaces:
            return namespaces.topic_in_force()
    except Unavailable as error:
        raise OperatorError(f"Redis does not answer ({error}): start it, and give the command again.") from None


def members_of(bootstrap: Kafka, group: str) -> list[str]:
    """Who belongs to a group now."""
    admin = AdminClient(client_of(bootstrap, {"client.id": "c360-rebuild"}))
    try:
        found = admin.describe_consumer_groups([group], request_timeout=20.0)[group].result()
    except KafkaException as error:
        raise OperatorError(f"Kafka at {bootstrap} does not answer ({error.args[0].str()}).") from None
    return sorted(f"{member.client_id}@{member.host}" for member in found.members)

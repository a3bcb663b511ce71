"""A rebuild of Redis at the command line: settings in, progress out (composition root)."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

from connectors.brokers import Kafka
from connectors.errors import Incompatible, Unavailable
from connectors.identifiers import Identifiers
from connectors.sinks.namespaces import Namespaces
from connectors.sinks.rebuild import Progress, Rebuild, Running
from connectors.sinks.redis_projection import Projector
from connectors.sinks.redis_store import RedisStore
from connectors.sinks.views_log import ViewsLog
from ops.errors import OperatorError
from ops.index_key import identifiers_of
from ops.settings import Settings
from ops.view_generations import generations_of, in_force_of
from schemas.generations import views_topic

__all__ = ["rebuild", "rebuilding"]

GROUP: Final = "c360-rebuild"
"""Names the reader in Kafka's logs; its positions live in Redis."""


def rebuild(
    settings: Settings,
    bootstrap: Kafka,
    redis_url: str,
    *,
    afresh: bool,
    generation: int | None = None,
    before_switch: Callable[[], Iterator[Progress]] | None = None,
) -> Generator[Progress, None, None]:
    """Fill a new namespace from the views of a generation (None: that in force) and put it into force.

    OperatorError when it can't be done.
    """
    topic = views_topic(in_force_of(generations_of(bootstrap)) if generation is None else generation)
    identifiers = identifiers_of(settings)
    try:
        yield from rebuilding(bootstrap, topic, redis_url, identifiers, afresh=afresh, before_switch=before_switch)
    except Unavailable as error:
        raise OperatorError(
            f"The rebuild stopped: {error}. What lookups read is whole; "
            "give the command again, and it goes on where it was."
        ) from error
    except Incompatible as error:
        raise OperatorError(f"Nothing was rebuilt: {error}") from error
    except Running as error:
        raise OperatorError(
            "Nothing was rebuilt: another rebuild is at work on this Redis, or ended a moment ago. "
            "If none is, run it again in a few seconds: it goes on where that one was."
        ) from error


def rebuilding(
    bootstrap: Kafka,
    topic: str,
    redis_url: str,
    identifiers: Identifiers,
    *,
    afresh: bool = False,
    before_switch: Callable[[], Iterator[Progress]] | None = None,
) -> Generator[Progress, None, None]:
    """The same for any topic of views and any secret."""
    with ExitStack() as closing:
        namespaces = Namespaces(redis_url)
        closing.callback(namespaces.close)

        def projector_of(namespace: str) -> Projector:
            log = ViewsLog(bootstrap, topic, GROUP, time.monotonic)
            closing.callback(log.close)
            store = RedisStore(redis_url, identifiers, namespace)
            closing.callback(store.close)
            return Projector(log, store, _Silent(), time.time, farewell="handed over")

        yield from Rebuild(namespaces, projector_of, time.time, time.sleep).run(
            afresh=afresh, before_switch=before_switch
        )


class _Silent:
    """Nobody reads figures of a rebuild: its progress is what it tells, and the log why it waits."""

    def read(self, records: int) -> None:
        """Not kept."""

    def written(self, customers: Mapping[str, int], sections: int, seconds: float) -> None:
        """Not kept."""

    def latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """Not kept."""

    def workers_behind(self, records: int) -> None:
        """Not kept."""

    def lag(self, partition: int, records: int) -> None:
        """Not kept."""

    def held(self, records: int) -> None:
        """Not kept."""

    def orphaned(self, customers: int) -> None:
        """Not kept."""

    def dependency(self, name: str, *, up: bool) -> None:
        """Not kept."""

    def evicts(self, on: bool, /) -> None:
        """Not kept."""

    def seek(self, reason: str) -> None:
        """Not kept."""

"""Publishing in step with event time, for whoever folds while history is being written."""

from collections.abc import Callable, Iterable, Iterator

from connectors.sources.ordering import OutgoingEvent

__all__ = ["in_step"]


def in_step(events: Iterable[OutgoingEvent], settle: Callable[[], object]) -> Iterator[OutgoingEvent]:
    """The same events; `settle` is called before the first one of each later instant.

    When `settle` returns once all before it are acknowledged, no event is in Kafka before every event of an earlier
    instant is. A worker that merges topics by event time while they grow then meets history in its order; a producer
    left alone orders the records of one partition only.
    """
    instant = None
    for event in events:
        occurred_at = event.order[0]
        if instant is not None and occurred_at != instant:
            settle()
        instant = occurred_at
        yield event

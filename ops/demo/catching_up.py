"""Waiting until the system is where it should be: decided from positions, never from time having passed."""

from collections import Counter
from collections.abc import Callable, Mapping
from time import monotonic, sleep
from typing import Final

from ops.demo.broker import TopicPartitions
from ops.demo.contents import uncovered
from ops.demo.system import System
from ops.errors import OperatorError

__all__ = ["Patience", "not_folded", "not_projected", "unprojected"]

POLL_SECONDS: Final = 0.05


class Patience:
    """One time limit for all that is waited for."""

    def __init__(
        self,
        seconds: float,
        watch: Callable[[], None],
        now: Callable[[], float] = monotonic,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        """`watch` is called while waiting, and may raise what ends the wait."""
        self._seconds = seconds
        self._deadline = now() + seconds
        self._watch = watch
        self._now = now
        self._pause = pause

    def until_none(self, behind: Callable[[], str | None]) -> None:
        """Wait until `behind` has nothing more to say; OperatorError with what it says past the limit."""
        while (said := behind()) is not None:
            self._watch()
            if self._now() > self._deadline:
                raise OperatorError(
                    f"Not caught up after {self._seconds:.0f} s: {said}. "
                    "The logs of worker and projector say more; --limit gives more time."
                )
            self._pause(POLL_SECONDS)


def not_folded(ends: TopicPartitions, committed: TopicPartitions) -> str | None:
    """What the workers have not folded and committed, in words; None when all is."""
    left: Counter[str] = Counter()
    for (topic, partition), end in ends.items():
        left[topic] += max(0, end - committed.get((topic, partition), 0))
    waiting = [f"{count:,} of {topic}" for topic, count in left.items() if count]
    return f"the worker has not committed {', '.join(waiting)}" if waiting else None


def not_projected(following: Mapping[int, int], resume: Mapping[int, int]) -> str | None:
    """What of `customer-views` is not in Redis, in words; None when all is."""
    left = sum(max(0, end - resume.get(partition, 0)) for partition, end in following.items())
    return f"the projector has not written {left:,} records of customer-views to Redis" if left else None


def unprojected(system: System, ends: TopicPartitions) -> str | None:
    """What of the input has not reached Redis, by the progress of the partitions as it stands there."""
    left = uncovered(ends, system.redis.progress())
    return f"of {left:,} input records Redis does not show the outcome yet" if left else None

"""A rebuild: `customer-views` from its beginning into a namespace of its own, then into force in one step.

Lookups and the projector go on meanwhile. The switch moves one key; the projector sees it the next time it notes
positions and goes on in the new namespace where the rebuild stopped. What was in force is removed afterwards.
"""

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

from connectors.sinks.namespaces import Namespaces
from connectors.sinks.redis_projection import Projector

__all__ = ["Progress", "Rebuild", "Running"]

_CLOSE_ENOUGH: Final = 500
"""Records behind the end at which it is switched: the projector makes good for them within a moment."""

_LOOK_EVERY_S: Final = 0.1
_FOLLOWED_S: Final = 5.0
"""A projector that was heard of since is at work."""

_TAKEN_OVER_S: Final = 30.0
"""How long it may take to see the switch: it looks after each batch, and a batch may be large."""

_BEAT_S: Final = 3.0
_PAUSE_S: Final = 0.005


class Running(Exception):
    """Another rebuild fills the namespace."""


@dataclass(frozen=True)
class Progress:
    """How far a rebuild is."""

    stage: str
    done: int
    total: int
    """Of what is counted, as far as known; keys are counted without a total (0)."""
    unit: str = "records"


class Rebuild:
    """One rebuild; `run` in one thread. It may be stopped, or die, anywhere: the next one goes on where it was."""

    def __init__(
        self,
        namespaces: Namespaces,
        projector_of: Callable[[str], Projector],
        now: Callable[[], float],
        wait: Callable[[float], object],
    ) -> None:
        """`projector_of`: a projector that writes the namespace given; `now`: Unix seconds; `wait`: sleeps."""
        self._namespaces = namespaces
        self._projector_of = projector_of
        self._now = now
        self._wait = wait

    def run(
        self, *, afresh: bool = False, before_switch: Callable[[], Iterator[Progress]] | None = None
    ) -> Generator[Progress, None, None]:
        """Do it, telling how far it is; `afresh`: begin again what an earlier one left unfinished.

        `before_switch` runs when the new views are all but at the end of their topic; then they are brought there.
        Raises `Running` when another one is at work, `Incompatible` when this version can't, `Unavailable` when Redis
        is away between filling and the end; while filling both Redis and Kafka are waited for.
        """
        in_force = self._namespaces.in_force()
        filled, begun = self._namespaces.to_fill()
        if self._is_recent(self._namespaces.heard_at(filled), _BEAT_S):
            raise Running
        if begun and afresh:
            yield from self._removed("removing what was begun", self._namespaces.remove(filled))
        yield from self._fill(filled, in_force)
        if before_switch is not None:
            yield from before_switch()
            yield from self._fill(filled, in_force)
        followed = self._is_recent(self._namespaces.heard_at(in_force), _FOLLOWED_S)
        if not self._namespaces.switch(in_force, filled):
            raise Running
        if followed:
            yield from self._until_taken_over(filled, self._now())
        yield from self._removed("removing what was in force", self._namespaces.remove_all_but(filled))

    def _fill(self, namespace: str, in_force: str) -> Generator[Progress, None, None]:
        projector = self._projector_of(namespace)
        stop = threading.Event()
        failed: list[BaseException] = []
        thread = threading.Thread(target=_run, args=(projector, stop, failed), name="rebuild")
        thread.start()
        try:
            while thread.is_alive() and not self._is_level(projector, namespace, in_force):
                yield Progress("reading customer-views", *projector.progress())
                self._wait(_LOOK_EVERY_S)
        finally:
            stop.set()
            thread.join()
        if failed:
            raise failed[0]
        yield Progress("reading customer-views", *projector.progress())

    def _is_level(self, projector: Projector, namespace: str, in_force: str) -> bool:
        """Whether the new views are all but at the end, and not behind the old ones."""
        if not projector.level(_CLOSE_ENOUGH):
            return False
        (old_topic, old), (topic, new) = self._namespaces.resume(in_force), self._namespaces.resume(namespace)
        return old_topic != topic or all(offset <= new.get(partition, 0) for partition, offset in old.items())

    def _until_taken_over(self, namespace: str, since: float) -> Generator[Progress, None, None]:
        """Wait until the projector writes the new namespace, so that it writes nothing more into the old one."""
        while self._now() - since < _TAKEN_OVER_S:
            heard = self._namespaces.heard_at(namespace)
            if heard is not None and heard > since:
                return
            yield Progress("waiting for the projector", 0, 0)
            self._wait(_LOOK_EVERY_S)

    def _is_recent(self, heard: float | None, within: float) -> bool:
        return heard is not None and self._now() - heard < within

    def _removed(self, stage: str, steps: Iterator[int]) -> Generator[Progress, None, None]:
        for removed in steps:
            yield Progress(stage, removed, 0)
            # Lookups come first.
            self._wait(_PAUSE_S)


def _run(projector: Projector, stop: threading.Event, failed: list[BaseException]) -> None:
    try:
        projector.run(stop)
    except Exception as error:  # noqa: BLE001  carried into the thread that waits for it
        failed.append(error)

"""How far a rebuild is: what the new generation has folded of what the one in force has."""

import logging
import threading
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Final

from connectors.brokers import Kafka
from ops.demo.broker import Broker
from ops.errors import OperatorError
from schemas.generations import group_of
from schemas.topics import INPUT_TOPICS

__all__ = ["Pace", "ProgressTold", "Reached", "reached"]

logger = logging.getLogger("c360.rebuild")

_EVERY_S: Final = 2.0
_SECONDS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class Reached:
    """Records of the input topics."""

    folded: int
    to_fold: int
    """What the generation in force has folded; it moves on."""

    @property
    def is_level(self) -> bool:
        """Whether there is nothing between them."""
        return self.folded >= self.to_fold

    @property
    def percent(self) -> float:
        """Of the way; 100 only when level."""
        if self.is_level:
            return 100.0
        return min(99.9, 100 * self.folded / self.to_fold)


@dataclass(frozen=True)
class Pace:
    """Where it began, to tell how long it still takes."""

    began_at: float
    began_with: int

    def seconds_left(self, now: float, reached: Reached) -> float | None:
        """At the mean speed so far; None before there is one."""
        folded = reached.folded - self.began_with
        if folded <= 0 or now <= self.began_at:
            return None
        return max(0, reached.to_fold - reached.folded) * (now - self.began_at) / folded


def reached(bootstrap: Kafka, group: str, generation: int, in_force: int) -> Reached:
    """Ask the broker. OperatorError when it does not answer."""
    with closing(Broker(bootstrap, group_of(group, in_force))) as old:
        wanted = old.committed(old.ends(INPUT_TOPICS))
    with closing(Broker(bootstrap, group_of(group, generation))) as new:
        return Reached(sum(new.committed(wanted).values()), sum(wanted.values()))


class ProgressTold:
    """Tells of it in the log, in a thread of its own, while it moves."""

    def __init__(self, bootstrap: Kafka, group: str, generation: int, in_force: int) -> None:
        self._asked = (bootstrap, group, generation, in_force)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rebuild-progress", daemon=True)
        self._pace: Pace | None = None
        self._told: Reached | None = None

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def close(self) -> None:
        """Say nothing more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._tell(reached(*self._asked))
            except OperatorError as error:
                logger.warning("How far the rebuild is can't be told: %s", error.message)
            self._stop.wait(_EVERY_S)

    def _tell(self, now: Reached) -> None:
        before, self._told = self._told, now
        self._pace = self._pace or Pace(monotonic(), now.folded)
        _, _, generation, in_force = self._asked
        if now.is_level:
            if before is None or not before.is_level:
                logger.info(
                    "Generation %s has folded all that generation %s has (%s records), and follows it. Next: "
                    "`c360 rebuild compare`, then `c360 rebuild switch`.",
                    generation,
                    in_force,
                    f"{now.folded:,}",
                )
        elif before != now:
            left = self._pace.seconds_left(monotonic(), now)
            logger.info(
                "Generation %s: %.1f %% of what generation %s has folded (%s of %s records)%s",
                generation,
                now.percent,
                in_force,
                f"{now.folded:,}",
                f"{now.to_fold:,}",
                "" if left is None else f", {in_words(left)} left",
            )


def in_words(seconds: float) -> str:
    """A duration for people: its two greatest units."""
    left, parts = int(seconds), list[str]()
    for length, unit in _SECONDS:
        if left >= length:
            parts.append(f"{left // length} {unit}")
            left %= length
    return " ".join(parts[:2]) or "0 s"

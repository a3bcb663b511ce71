"""A worker serves one generation of the views for life: when it is its turn to fold, and what it does until then."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from ops.errors import OperatorError
from ops.stopping import stop_on_signals
from ops.view_generations import FollowedGenerations, in_force_of
from schemas.generations import FIRST, ViewGenerations

__all__ = ["IN_FORCE", "Served", "Turn", "begin_anew"]

logger = logging.getLogger("c360.worker")


@dataclass(frozen=True)
class Served:
    """The generation of the views that a worker serves."""

    number: int | None = None
    """None: the only one there is when it starts; of two the one of its own fold."""
    builds: bool = False
    """Whether it folds also while another one is in force: in silence."""

    def settled(self, generations: ViewGenerations | None, fold: str) -> "Served":
        """The same with its number; `fold` is the worker's own.

        OperatorError while two stand and it can't know whose version and settings it has: it must not fold what
        another version made.
        """
        if self.number is not None:
            return self
        if generations is None or generations.other is None:
            return replace(self, number=in_force_of(generations))
        in_force, other = generations.in_force, generations.other
        number = _made_by(fold, generations)
        if number is None:
            raise OperatorError(
                f"Generations {in_force} and {other} of the views stand side by side, and this worker's version and "
                f"settings are those of neither. Start it with `--generation {in_force}`, the one in force, if it is "
                f"to go on with that one all the same; with `--generation {other}` if with the other: it then waits."
            )
        logger.info(
            "Generations %s and %s of the views stand side by side: by its version and settings this worker is of "
            "generation %s%s",
            in_force,
            other,
            number,
            ", the one in force" if number == in_force else "",
        )
        return replace(self, number=number)

    def part(self, generations: ViewGenerations | None) -> str:
        """What there is to do for it: `fold`, `build`, `wait` until it comes into force, or nothing (`gone`)."""
        if self.number == in_force_of(generations):
            return "fold"
        if generations is None or generations.other != self.number:
            return "gone"
        return "build" if self.builds else "wait"


IN_FORCE: Final = Served()
"""The only one there is when the worker starts."""


def _made_by(fold: str, generations: ViewGenerations) -> int | None:
    """The generation that this fold makes: the one noted with it, else the one without a note; None: neither.

    Where both are noted with it, it is the one in force. Without any note that can't be known.
    """
    assert generations.other is not None
    standing = generations.in_force, generations.other
    noted = [number for number in standing if generations.folds.get(number) == fold]
    unknown = [number for number in standing if number not in generations.folds]
    if noted:
        return noted[0]
    return unknown[0] if len(unknown) == 1 else None


class Turn:
    """Whether it is this worker's turn, and until when."""

    def __init__(self, served: Served, generations: FollowedGenerations) -> None:
        self.served = served
        self._generations = generations
        self._part = served.part(generations.current)
        self._tell: Callable[[], object] = lambda: None
        self._stop = threading.Event()

    @property
    def generation(self) -> int:
        """The one served."""
        return self.served.number or FIRST

    @property
    def is_to_stop(self) -> bool:
        """Whether it was asked to stop since it began to wait."""
        return self._stop.is_set()

    @property
    def builds(self) -> bool:
        """Whether it is folded in silence."""
        return self._part == "build"

    def await_it(self, stopping: Callable[[], object] = lambda: None) -> bool:
        """Return once there is something to do; False when asked to stop, of which `stopping` is told at once.

        OperatorError when there never will be.
        """
        stop = self._stop = stop_on_signals(stopping)
        if self._part == "wait":
            logger.warning(
                "Generation %s of the views is in force: this worker is of generation %s and waits, in case it comes "
                "back (`c360 rebuild rollback`). End it when it will not.",
                in_force_of(self._generations.current),
                self.generation,
            )
        while not stop.is_set():
            self._part = self.served.part(self._generations.current)
            if self._part == "gone":
                raise OperatorError(
                    f"Generation {self.generation} of the views is no more: start `c360 worker`, of the version and "
                    f"with the settings of generation {in_force_of(self._generations.current)}, which is in force."
                )
            if self._part != "wait":
                return True
            stop.wait(0.2)
        return False

    def until_over(self, tell: Callable[[], object]) -> None:
        """Have `tell` called, from any thread, once the worker has another part than it begins with."""
        self._tell = tell
        self.look()

    def look(self) -> None:
        """The generations may have changed."""
        if self.served.part(self._generations.current) != self._part:
            self._tell()


def begin_anew(generation: int, clock: str) -> NoReturn:
    """Become the worker of that generation, from the start: the same process to whoever watches over it."""
    arguments = ["worker", "--generation", str(generation), "--clock", clock]
    os.execv(sys.executable, [sys.executable, "-m", "ops", *arguments])

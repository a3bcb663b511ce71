"""How a lookup asks Redis, without saying by which client: in rounds, each sent as one pipeline.

A lookup is a generator: it yields the commands of a round, is sent their answers, and returns what it found. Whoever
runs it adds to every round the question which namespace is in force, answered after the others: was the one asked
still in force then, nothing of it had been removed yet, and the answers count. Otherwise the lookup is begun anew in
the other one. So a rebuild is switched to between two lookups, never within one.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, Generic, TypeVar

from connectors.errors import Incompatible, Unavailable
from connectors.redis_keys import DEFAULT_NAMESPACE, POINTER, SCHEMA, schema_of

__all__ = ["ASKING_POINTER", "Command", "Steps", "Turn", "in_force"]

T = TypeVar("T")

Command = tuple[bytes | str | int | float, ...]
Steps = Generator[Sequence[Command], list[Any], T]

ASKING_POINTER: Final[Command] = ("GET", POINTER)

_TURNS: Final = 5
"""Namespaces a lookup is asked in, one after the other, before it gives up."""


def in_force(pointer: bytes | None) -> str:
    """The namespace that an answer to `ASKING_POINTER` names."""
    return DEFAULT_NAMESPACE if pointer is None else pointer.decode()


class Turn(Generic[T]):
    """Runs one lookup: hand out the commands of `asks`, hand in their answers with `answer`, until `done`.

    For a client of either kind, so that neither repeats the rules.
    """

    def __init__(self, namespace: str, begin: Callable[[str], Steps[T]]) -> None:
        self.namespace = namespace
        self._begin = begin
        self._left = _TURNS
        self.done = False
        self.asks: Sequence[Command] = ()
        self._found: list[T] = []
        self._start()

    @property
    def found(self) -> T:
        """What the lookup returned; only once it is `done`."""
        return self._found[0]

    def answer(self, answers: list[Any]) -> None:
        """Take the answers to `asks`, the pointer's last."""
        named = in_force(answers.pop())
        if named == self.namespace:
            self._advance(answers)
            return
        if schema_of(named) != SCHEMA:
            raise Incompatible(
                f"Redis holds views of schema {schema_of(named)} and this program reads schema {SCHEMA}: "
                "run `c360 project rebuild` with the newer of the two versions, then use that one everywhere."
            )
        self._left -= 1
        if not self._left:
            raise Unavailable("redis", "the namespace of the views was switched again and again")
        self.namespace = named
        self._start()

    def _start(self) -> None:
        self._steps = self._begin(self.namespace)
        self._advance(None)

    def _advance(self, answers: list[Any] | None) -> None:
        try:
            asks = next(self._steps) if answers is None else self._steps.send(answers)
        except StopIteration as end:
            self._found, self.done = [end.value], True
        else:
            self.asks = [*asks, ASKING_POINTER]

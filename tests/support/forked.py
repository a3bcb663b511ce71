"""Commands of c360, each a process of its own, forked from one that has read all of the code already.

A process that reads it anew takes a second and more of a processor; a fork of one that has, some hundredths.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final

__all__ = ["Forked", "running_all"]

_READ: Final = [
    "ops.cli",
    "ops.worker",
    "ops.projector",
    "ops.api",
    "ops.delivery",
    "ops.doctor",
    "ops.dead_letters",
    "ops.views_rebuild.building",
    "ops.rebuild",
]


class Forked:
    """`c360 ARGUMENTS`, with these variables and no other settings of c360."""

    def __init__(self, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(_READ)
        others = {name: text for name, text in os.environ.items() if not name.startswith(("C360_", "KAFKA_", "REDIS_"))}
        self._said = bytearray()
        self._heard, self._voice = forks.Pipe(duplex=False)
        told = (list(arguments), {**others, **variables}, self._voice)
        self._process = forks.Process(target=_be, args=told)
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._process.start()
        self._voice.close()
        self._listener.start()

    @property
    def said(self) -> str:
        """What it has written to both streams so far."""
        return self._said.decode(errors="replace")

    @property
    def status(self) -> int | None:
        """What it ended with, once all it said was heard; None while it goes on."""
        if self._process.exitcode is not None:
            self._listener.join()
        return self._process.exitcode

    def end(self) -> None:
        """By SIGTERM; by force when that did nothing for a minute."""
        if self._process.pid is None:
            return
        self._process.terminate()
        self._process.join(60)
        self._process.kill()
        self._process.join()
        self._listener.join()
        self._heard.close()

    def _listen(self) -> None:
        while part := os.read(self._heard.fileno(), 65_536):
            self._said += part


def _be(arguments: list[str], variables: Mapping[str, str], voice: Connection) -> None:
    os.environ.clear()
    os.environ.update(variables)
    os.dup2(voice.fileno(), 1)
    os.dup2(voice.fileno(), 2)
    voice.close()
    sys.argv = ["c360", *arguments]
    from ops.cli import main

    main()


@contextmanager
def running_all(commands: Iterable[Forked]) -> Iterator[None]:
    """All at once; whatever happens, they end."""
    begun = list(commands)
    try:
        for command in begun:
            command.start()
        yield
    finally:
        for command in begun:
            command.end()

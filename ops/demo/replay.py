"""The ingest of a demo: a child that reads the folder and publishes it in event-time order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.demo.system import System
from ops.errors import OperatorError
from ops.launcher import Child

__all__ = ["Replay", "replaying"]

ROWS_REFUSED = 1


class Replay:
    """A replay under way."""

    def __init__(self, child: Child, report: Callable[[str], None]) -> None:
        self._child = child
        self._report = report
        self._told = False

    def finished(self) -> bool:
        """Whether all is published. What it says of itself is reported once; OperatorError when it failed."""
        code = self._child.returncode
        if code is None:
            return False
        if code not in (0, ROWS_REFUSED):
            raise OperatorError(self._child.last_words(3) or f"The ingest ended with status {code}.")
        if not self._told:
            self._told = True
            for line in self._child.last_words(100).splitlines():
                self._report(line)
        return True

    def stop(self) -> None:
        """Stop publishing."""
        self._child.stop()


@contextmanager
def replaying(
    system: System, folder: Path, rate: float | None, report: Callable[[str], None], *, stepwise: bool
) -> Iterator[Replay]:
    """Replay a folder from here on; nothing is published any more when the block ends."""
    replay = Replay(system.ingest(folder, rate, stepwise=stepwise), report)
    try:
        yield replay
    finally:
        replay.stop()

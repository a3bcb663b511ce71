"""A process of one's own that is kept running: started, looked at, started again, with pauses while it crashes."""

import contextlib
import logging
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

__all__ = ["CANNOT", "PROVEN_S", "Hopeless", "KeptProcess", "let_signals_in"]

CANNOT: Final = 2
"""The exit status of what an operator has to put right."""
PROVEN_S: Final = 60.0
"""What has run for so long is started again without delay."""
_PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 30.0)
_PASSED_ON: Final = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)

logger = logging.getLogger("c360.api")


class Hopeless(Exception):
    """A process ended for a reason that starting it again does not change."""


class KeptProcess:
    """One of several, by its number from 0 on, with a listening socket that it inherits and that stays open here."""

    def __init__(
        self, number: int, listen: Callable[[], socket.socket], command: Callable[[int, int], Sequence[str]]
    ) -> None:
        """`listen` makes a socket on the address of all; `command` is of a file descriptor and this number.

        Who is started lets signals in once its handlers stand: `let_signals_in`.
        """
        self._number = number
        self._name = f"API process {number}"
        self._listen = listen
        self._command = command
        self._listener: socket.socket | None = None
        self._running: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        self._crashes = 0

    def open(self) -> None:
        """Listen, so that whoever connects waits for the process. Raises OSError."""
        if self._listener is None:
            self._listener = self._listen()

    def keep_running(self, now: float, *, is_proven: bool = False) -> None:
        """Start it when it is due, see whether it still runs.

        Raises Hopeless when it can't run for a reason that an operator has to put right; not where it `is_proven` that
        processes run by these settings, as the reason may then pass, and the others are well.
        """
        if self._running is None:
            if now >= self._due_at:
                self._start(now)
            return
        status = self._running.poll()
        if status is None:
            return
        self._running = None
        if status == CANNOT and not is_proven:
            raise Hopeless(f"{self._name} can't run")
        self._crashed(now, f"ended ({_how(status)})", after=now - self._started_at)

    def has_proved(self, now: float) -> bool:
        """Whether it has been running long enough to say that it can."""
        return self._running is not None and self._running.poll() is None and now - self._started_at >= PROVEN_S

    def close(self) -> None:
        """Listen no more here; the process itself may still."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def signal(self, number: int) -> None:
        """Pass a signal on, if it runs."""
        if self._running is not None:
            self._running.send_signal(number)

    def wait(self, until: float) -> bool:
        """Whether it ended well; one that has not ended by then is killed."""
        if self._running is None:
            return True
        try:
            return self._running.wait(max(0.0, until - time.monotonic())) == 0
        except subprocess.TimeoutExpired:
            logger.error("%s did not stop in time and is killed", self._name)
            self._running.kill()
            return self._running.wait() == 0

    def _start(self, now: float) -> None:
        self._started_at = now
        try:
            self.open()
            assert self._listener is not None
            inherited = self._listener.fileno()
            with _signals_held():
                self._running = subprocess.Popen(
                    self._command(inherited, self._number),
                    # Held open and never written to: see `end_with_parent`.
                    stdin=subprocess.PIPE,
                    pass_fds=[inherited],
                    # Ctrl-C in a terminal is for the parent, which then asks each in turn.
                    start_new_session=True,
                )
        except OSError as error:
            # No memory, no more processes, the port taken meanwhile: it passes, and the others serve.
            self._crashed(now, f"can't be started ({error.strerror})", after=0.0)

    def _crashed(self, now: float, how: str, after: float) -> None:
        self._crashes = 0 if after >= PROVEN_S else self._crashes + 1
        pause = _PAUSES_S[min(self._crashes, len(_PAUSES_S)) - 1] if self._crashes else 0.0
        self._due_at = now + pause
        if pause > _PAUSES_S[0]:
            # Nobody is to wait so long: the kernel gives who connects to the others.
            self.close()
        logger.error("%s %s: it is started again in %g s", self._name, how, pause)


def let_signals_in() -> None:
    """In a process that was started: its handlers stand, and what came since its start is delivered now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Whoever is started inside begins with signals held back, which would end him before he listens to them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _how(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"

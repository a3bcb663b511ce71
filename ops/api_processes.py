"""Several API processes behind one port: started together, started again, stopped together.

Each has a listening socket of its own on the one address, and the kernel spreads whoever connects over them. The
sockets are held here, so that who connects while a process is being started again finds it listening.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Final

from ops.api_access import access_of
from ops.errors import OperatorError
from ops.logs import configure_logging
from ops.settings import Settings
from ops.stopping import stop_on_signals

__all__ = ["end_with_parent", "listener_of", "listeners_of", "run_processes"]

_LOOK_S: Final = 0.2
_GRACE_S: Final = 25.0
"""A process takes some 15 s at most: 10 for what is asked, the rest for what it has open."""
_PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 30.0)
_PROVEN_S: Final = 60.0
"""What has run for so long is started again without delay."""
_CANNOT: Final = 2
"""The exit status of what an operator has to put right."""
_BACKLOG: Final = 4_096

logger = logging.getLogger("c360.api")


def run_processes(settings: Settings) -> int:
    """Run `api_workers` processes until SIGTERM or SIGINT; 0 after a clean stop of all.

    One that crashes is started again; one that can't run for a reason that an operator has to put right ends all, as
    the others would not fare better.
    """
    if settings.dev_issuer:
        raise OperatorError(
            "The development issuer keeps its sign-ins in one process: set C360_API_WORKERS to 1, or C360_OIDC_ISSUER "
            "instead of C360_DEV_ISSUER."
        )
    # What is wrong with roles and machines is said once, not by each.
    access_of(settings, "")
    listeners = listeners_of(settings)
    configure_logging(settings.log_level, settings.log_format)
    stop = stop_on_signals()
    port = listeners[0].getsockname()[1]
    listen = partial(_listening, settings.api_host, port, shared=True)
    processes = [_Process(number, listener, listen) for number, listener in enumerate(listeners)]
    _pass_on_log_levels(processes)
    logger.info("%s API processes share port %s", len(processes), port)
    try:
        while not stop.wait(_LOOK_S):
            for process in processes:
                process.keep_running(time.monotonic())
    except _Hopeless as hopeless:
        logger.error("%s (it has said why): all are stopped", hopeless)
        _stop(processes)
        return _CANNOT
    return _stop(processes)


def listener_of(settings: Settings) -> socket.socket:
    """The one socket of one process. OperatorError when it can't be had."""
    return _listening_or_told(settings, settings.api_port)


def listeners_of(settings: Settings) -> list[socket.socket]:
    """A socket for each process, all on one port. OperatorError when that can't be had."""
    # The kernel would let any program of the same user share the port: whether it is free is asked without sharing.
    with listener_of(settings) as alone:
        port = alone.getsockname()[1]
    return [_listening_or_told(settings, port, shared=True) for _ in range(settings.api_workers)]


def end_with_parent() -> None:
    """Stop this process in an orderly way once the one that started it is gone, however that went."""

    def wait() -> None:
        # Nothing is ever written there; it ends with whoever holds the other end.
        os.read(sys.stdin.fileno(), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


class _Hopeless(Exception):
    """A process ended for a reason that starting it again does not change."""


class _Process:
    """One of them, by its number from 0 on; `listen` makes another socket on the same address."""

    def __init__(self, number: int, listener: socket.socket, listen: Callable[[], socket.socket]) -> None:
        self._number = number
        self._name = f"API process {number}"
        self._listener: socket.socket | None = listener
        self._listen = listen
        self._running: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        self._crashes = 0

    def keep_running(self, now: float) -> None:
        """Start it when it is due, see whether it still runs. Raises _Hopeless."""
        if self._running is None:
            if now >= self._due_at:
                self._start(now)
            return
        status = self._running.poll()
        if status is None:
            return
        self._running = None
        if status == _CANNOT:
            raise _Hopeless(f"{self._name} can't run")
        self._crashes = 0 if now - self._started_at >= _PROVEN_S else self._crashes + 1
        pause = _PAUSES_S[min(self._crashes, len(_PAUSES_S)) - 1] if self._crashes else 0.0
        self._due_at = now + pause
        if pause > _PAUSES_S[0]:
            # Nobody is to wait so long: the kernel gives who connects to the others.
            self.close()
        logger.error("%s ended (%s): it is started again in %g s", self._name, _how(status), pause)

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
        if self._listener is None:
            self._listener = self._listen()
        inherited = self._listener.fileno()
        which = ["--listener", str(inherited), "--number", str(self._number)]
        self._running = subprocess.Popen(
            [sys.executable, "-P", "-m", "ops", "api", *which],
            # Held open and never written to: see `end_with_parent`.
            stdin=subprocess.PIPE,
            pass_fds=[inherited],
            # Ctrl-C in a terminal is for the parent, which then asks each in turn.
            start_new_session=True,
        )
        self._started_at = now


def _stop(processes: Sequence[_Process]) -> int:
    for process in processes:
        # First, or who connects now would wait for a socket at which nobody takes him.
        process.close()
        process.signal(signal.SIGTERM)
    until = time.monotonic() + _GRACE_S
    ended_well = [process.wait(until) for process in processes]
    logger.info("%s API processes stopped", len(processes))
    return 0 if all(ended_well) else 1


def _pass_on_log_levels(processes: Sequence[_Process]) -> None:
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        own = signal.getsignal(number)

        def both(number: int, frame: FrameType | None, own: object = own) -> None:
            if callable(own):
                own(number, frame)
            for process in processes:
                process.signal(number)

        signal.signal(number, both)


def _how(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"


def _listening(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=shared)


def _listening_or_told(settings: Settings, port: int, *, shared: bool = False) -> socket.socket:
    try:
        return _listening(settings.api_host, port, shared=shared)
    except OSError as error:
        raise OperatorError(
            f"The API can't listen on {settings.api_host} port {settings.api_port}: {error.strerror}. "
            "Set C360_API_PORT (0: a free one) or C360_API_HOST."
        ) from None

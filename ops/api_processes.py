"""Several API processes behind one port: started together, started again, stopped together.

Each has a listening socket of its own on the one address, and the kernel spreads whoever connects over them. The
sockets are held here, so that who connects while a process is being started again finds it listening.
"""

import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import Final

from ops.api_access import access_of
from ops.api_tls import tls_of
from ops.errors import OperatorError
from ops.kept_process import CANNOT, Hopeless, KeptProcess
from ops.logs import configure_logging
from ops.settings import Settings
from ops.stopping import stop_on_signals

__all__ = ["end_with_parent", "free_port", "listener_of", "run_processes"]

_LOOK_S: Final = 0.2
_GRACE_S: Final = 25.0
"""A process takes some 15 s at most: 10 for what is asked, the rest for what it has open."""
_BACKLOG: Final = 4_096

logger = logging.getLogger("c360.api")


def run_processes(settings: Settings) -> int:
    """Run `api_workers` processes until SIGTERM or SIGINT; 0 after a clean stop of all.

    One that crashes is started again. One that can't run for a reason that an operator has to put right ends all, as
    the others would not fare better; but where one has run for a minute it is tried again, and the others go on.
    """
    if settings.dev_issuer:
        raise OperatorError(
            "The development issuer keeps its sign-ins in one process: set C360_API_WORKERS to 1, or C360_OIDC_ISSUER "
            "instead of C360_DEV_ISSUER."
        )
    # What is wrong with roles, machines and TLS is said once, not by each.
    access_of(settings, "")
    tls_of(settings)
    configure_logging(settings.log_level, settings.log_format)
    port = free_port(settings)
    stop = stop_on_signals()
    listen = partial(_listening, settings.api_host, port, shared=True)
    processes = [KeptProcess(number, listen, _command) for number in range(settings.api_workers)]
    _pass_on_log_levels(processes)
    _open(processes, settings)
    logger.info("%s API processes share port %s", len(processes), port)
    try:
        _keep_running(processes, stop)
    except Hopeless as hopeless:
        logger.error("%s (it has said why): all are stopped", hopeless)
        return CANNOT
    finally:
        ended_well = _stop(processes)
    return 0 if ended_well else 1


def listener_of(settings: Settings) -> socket.socket:
    """The one socket of one process. OperatorError when it can't be had."""
    try:
        return _listening(settings.api_host, settings.api_port, shared=False)
    except OSError as error:
        raise _cannot_listen(settings, error) from None


def free_port(settings: Settings, within_s: float = _GRACE_S) -> int:
    """The port that all are to share, which nobody has now, nor those of their metrics.

    Processes whose parent was killed may still be ending, and are waited for. OperatorError when it is not to be had.
    """
    until = time.monotonic() + within_s
    first = settings.api_metrics_port
    for port in range(first, first + settings.api_workers) if first else ():
        # The process whose it is says what is wrong with it.
        with contextlib.suppress(OSError):
            _free(settings.metrics_host, port, until)
    try:
        return _free(settings.api_host, settings.api_port, until)
    except OSError as error:
        raise _cannot_listen(settings, error) from None


def end_with_parent(within_s: float = _GRACE_S) -> None:
    """Stop this process in an orderly way once the one that started it is gone, however that went.

    It is ended after so many seconds if it has not stopped by then, as the parent would have done.
    """

    def wait() -> None:
        # Nothing is ever written there; it ends with whoever holds the other end.
        os.read(sys.stdin.fileno(), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(within_s)
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _command(listener: int, number: int) -> Sequence[str]:
    return [sys.executable, "-P", "-m", "ops", "api", "--listener", str(listener), "--number", str(number)]


def _open(processes: Sequence[KeptProcess], settings: Settings) -> None:
    try:
        for process in processes:
            process.open()
    except OSError as error:
        raise _cannot_listen(settings, error) from None


def _keep_running(processes: Sequence[KeptProcess], stop: threading.Event) -> None:
    is_proven = False
    while not stop.wait(_LOOK_S):
        now = time.monotonic()
        is_proven = is_proven or any(process.has_proved(now) for process in processes)
        for process in processes:
            process.keep_running(now, is_proven=is_proven)


def _stop(processes: Sequence[KeptProcess]) -> bool:
    for process in processes:
        # First, or who connects now would wait for a socket at which nobody takes him.
        process.close()
        process.signal(signal.SIGTERM)
    until = time.monotonic() + _GRACE_S
    ended_well = [process.wait(until) for process in processes]
    logger.info("%s API processes stopped", len(processes))
    return all(ended_well)


def _pass_on_log_levels(processes: Sequence[KeptProcess]) -> None:
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        own = signal.getsignal(number)

        def both(number: int, frame: FrameType | None, own: object = own) -> None:
            if callable(own):
                own(number, frame)
            for process in processes:
                process.signal(number)

        signal.signal(number, both)


def _listening(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=shared)


def _free(host: str, port: int, until: float) -> int:
    """The port once nobody has it, or another one for 0. Raises OSError when it can't be had by then."""
    is_told = False
    while True:
        try:
            # The kernel would let any program of the same user share it: whether it is free is asked without sharing.
            with _listening(host, port, shared=False) as alone:
                return int(alone.getsockname()[1])
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= until:
                raise
        if not is_told:
            logger.warning("Port %s is taken, perhaps by an API that is ending: waiting for it", port)
            is_told = True
        time.sleep(_LOOK_S)


def _cannot_listen(settings: Settings, error: OSError) -> OperatorError:
    taken = "; the processes of an API that was killed end within half a minute" * (error.errno == errno.EADDRINUSE)
    return OperatorError(
        f"The API can't listen on {settings.api_host} port {settings.api_port}: {error.strerror}{taken}. "
        "Set C360_API_PORT (0: a free one) or C360_API_HOST."
    )

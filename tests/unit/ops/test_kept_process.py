"""What is kept running: started again with pauses, given up only where nothing ever ran, asked only once it listens."""

import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from ops.kept_process import PROVEN_S, Hopeless, KeptProcess
from tests.support.waiting import eventually

CANNOT = "raise SystemExit(2)"
ASKED = """
import signal, sys, threading
from ops.kept_process import let_signals_in
asked = []
for number in (signal.SIGUSR1, signal.SIGTERM):
    signal.signal(number, lambda number, frame: asked.append(number))
let_signals_in()
while signal.SIGTERM not in asked:
    threading.Event().wait(0.01)
sys.exit(0 if signal.SIGUSR1 in asked else 1)
"""


def a_socket() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@contextlib.contextmanager
def kept(program: str, listen: Callable[[], socket.socket] = a_socket) -> Iterator[KeptProcess]:
    process = KeptProcess(0, listen, lambda _listener, _number: [sys.executable, "-c", program])
    try:
        yield process
    finally:
        process.close()
        process.wait(until=0.0)


def looked_at(process: KeptProcess, now: float, is_proven: bool, log: pytest.LogCaptureFixture) -> bool:
    """Whether it was told by now what became of it."""
    process.keep_running(now, is_proven=is_proven)
    return bool(log.messages)


def test_what_can_not_run_is_given_up_where_nothing_ever_ran(caplog: pytest.LogCaptureFixture) -> None:
    with kept(CANNOT) as process:
        process.keep_running(0.0)
        with pytest.raises(Hopeless, match="API process 0 can't run"):
            eventually(partial(looked_at, process, 1.0, False, caplog))


def test_what_can_not_run_any_more_is_tried_again_while_the_others_run(caplog: pytest.LogCaptureFixture) -> None:
    with kept(CANNOT) as process:
        process.keep_running(0.0)
        eventually(partial(looked_at, process, 1.0, True, caplog))
        assert caplog.messages == ["API process 0 ended (exit status 2): it is started again in 1 s"]


def test_what_can_not_be_started_is_tried_again_with_the_pauses_of_a_crash(caplog: pytest.LogCaptureFixture) -> None:
    refused = [OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)), OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))]

    def listen() -> socket.socket:
        if refused:
            raise refused.pop(0)
        return a_socket()

    with kept(CANNOT, listen) as process:
        for now in (0.0, 0.5, 1.0, 2.9):
            process.keep_running(now)
        assert caplog.messages == [
            "API process 0 can't be started (Resource temporarily unavailable): it is started again in 1 s",
            "API process 0 can't be started (Cannot allocate memory): it is started again in 2 s",
        ]
        process.keep_running(3.0)
        eventually(lambda: not process.wait(until=time.monotonic() + 60))


def test_it_has_proved_itself_once_it_has_run_for_long() -> None:
    with kept("import threading; threading.Event().wait()") as process:
        process.keep_running(0.0)
        assert not process.has_proved(PROVEN_S - 1)
        assert process.has_proved(PROVEN_S)


def test_signals_that_come_before_it_listens_to_them_wait_for_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    with kept(ASKED) as process:
        process.keep_running(0.0)
        process.signal(signal.SIGUSR1)
        process.signal(signal.SIGTERM)
        assert process.wait(until=time.monotonic() + 60)

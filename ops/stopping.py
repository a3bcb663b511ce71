"""Ending in an orderly way when asked to, by Ctrl-C or by a service manager."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class Stopped(KeyboardInterrupt):
    """Raised in the main thread on SIGTERM and SIGHUP, so that every `finally` and `with` does its part."""


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """Inside, SIGTERM and SIGHUP unwind the stack as Ctrl-C does; the block then ends without an error.

    Yields an event that nothing sets: to stay until then, wait on it.
    """

    def unwind(_signal: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = {number: signal.signal(number, unwind) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with suppress(KeyboardInterrupt):
            yield threading.Event()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop_on_signals(tell: Callable[[], object] = lambda: None) -> threading.Event:
    """An event that SIGTERM and SIGINT set from now on, after `tell` was called in the main thread between two of its
    steps: for processes that end at a point of their own choice.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        tell()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop

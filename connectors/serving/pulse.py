"""A beat in an event loop, finer than the loop's own timers, which epoll rounds up to whole milliseconds."""

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from typing import Final

__all__ = ["Pulse"]

_MONOTONIC: Final = 1
_NS: Final = 1_000_000_000


class _Interval(ctypes.Structure):
    """`struct itimerspec` of timerfd_settime(2)."""

    _fields_ = (
        ("every_s", ctypes.c_long),
        ("every_ns", ctypes.c_long),
        ("first_s", ctypes.c_long),
        ("first_ns", ctypes.c_long),
    )


class Pulse:
    """Calls `beat` every `every_s` (below 1 s) from `start` to `stop`.

    By a timer descriptor where Linux gives one, else by the loop's timers. What `beat` raises is the loop's to tell;
    the next beat comes all the same.
    """

    def __init__(self, beat: Callable[[], object], every_s: float) -> None:
        """To be made in the event loop that it beats in."""
        self._beat = beat
        self._every_s = every_s
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._descriptor = _descriptor()
        if self._descriptor is not None:
            self._system = ctypes.CDLL(None)
            self._running = ctypes.byref(_Interval(0, int(every_s * _NS), 0, int(every_s * _NS)))
            self._stopped = ctypes.byref(_Interval())
            self._loop.add_reader(self._descriptor, self._due, self._descriptor)

    def start(self) -> None:
        """Beat; to be called while it does not."""
        if self._descriptor is not None:
            self._system.timerfd_settime(self._descriptor, 0, self._running, None)
        else:
            self._handle = self._loop.call_later(self._every_s, self._late)

    def stop(self) -> None:
        """Beat no more."""
        if self._descriptor is not None:
            self._system.timerfd_settime(self._descriptor, 0, self._stopped, None)
        elif self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def close(self) -> None:
        """Stop for good; the loop may have ended."""
        self.stop()
        if self._descriptor is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _due(self, descriptor: int) -> None:
        try:
            os.read(descriptor, 8)
        except BlockingIOError:
            # It was stopped between becoming due and this.
            return
        self._beat()

    def _late(self) -> None:
        self._handle = self._loop.call_later(self._every_s, self._late)
        self._beat()


def _descriptor() -> int | None:
    """None where there is no such thing, or none is left."""
    if sys.platform != "linux":
        return None
    descriptor = ctypes.CDLL(None).timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    return descriptor if descriptor >= 0 else None

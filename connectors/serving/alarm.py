"""An alarm in an event loop, finer than the loop's own timers, which epoll rounds up to whole milliseconds."""

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Alarm"]

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


class Alarm:
    """Calls `ring` once, `after_s` (above 0, below 1 s) after `set`; set again, it rings that much later instead.

    By a timer descriptor where Linux gives one, else by the loop's timers. What `ring` raises is the loop's to tell.
    """

    def __init__(self, ring: Callable[[], object]) -> None:
        """To be made in the event loop that it rings in."""
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._intervals: dict[float, Any] = {}
        self._descriptor = _descriptor()
        if self._descriptor is not None:
            self._system = ctypes.CDLL(None)
            self._loop.add_reader(self._descriptor, self._due, self._descriptor)

    def set(self, after_s: float) -> None:
        """Ring so much later."""
        if self._descriptor is None:
            self._unset()
            self._handle = self._loop.call_later(after_s, self._ring)
            return
        interval = self._intervals.get(after_s)
        if interval is None:
            interval = self._intervals[after_s] = ctypes.byref(_Interval(0, 0, 0, int(after_s * _NS)))
        self._system.timerfd_settime(self._descriptor, 0, interval, None)

    def close(self) -> None:
        """Ring no more; the loop may have ended."""
        self._unset()
        if self._descriptor is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _unset(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _due(self, descriptor: int) -> None:
        try:
            os.read(descriptor, 8)
        except BlockingIOError:
            # It was set anew between becoming due and this.
            return
        self._ring()


def _descriptor() -> int | None:
    """None where there is no such thing, or none is left."""
    if sys.platform != "linux":
        return None
    descriptor = ctypes.CDLL(None).timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    return descriptor if descriptor >= 0 else None

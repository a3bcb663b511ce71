"""Waiting on a condition, the only way tests wait."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], *, within: float = 60.0, every: float = 0.02) -> T:
    """The first true value of `condition()`; fails the test when it has none within so many seconds."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not so within {within} s: {getattr(condition, '__name__', condition)}"
        time.sleep(every)
    return value

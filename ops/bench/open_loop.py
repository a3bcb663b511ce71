"""Open-loop load: requests are due at a rate, whether or not earlier ones have been answered.

A request's clock starts when it is due, so a stall counts for all that it delays, as it would for people who call.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic, sleep
from typing import NamedTuple

from ops.bench.statistics import percentile

__all__ = ["Load", "open_loop", "open_loop_async"]


class Load(NamedTuple):
    """What a rate led to; latencies in milliseconds."""

    asked: int
    rate: float
    """Answers a second, from the first request due to the last answer."""
    p50: float
    p99: float
    p999: float
    worst: float

    @classmethod
    def of(cls, latencies: list[float], seconds: float) -> "Load":
        """From latencies in seconds; there must be one."""
        found = (1000 * percentile(latencies, percent) for percent in (50, 99, 99.9, 100))
        return cls(len(latencies), len(latencies) / seconds, *(round(each, 3) for each in found))


def open_loop(ask: Callable[[int], object], rate: float, seconds: float) -> Load:
    """Call `ask(n)` for n = 0, 1, ... at the rate, one after the other: a late one delays those after it."""
    latencies = []
    began = monotonic()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        while (early := due - monotonic()) > 0:
            # The last moment is waited for awake: a sleep may be late by more than an answer takes.
            if early > 0.0005:
                sleep(early - 0.0005)
        ask(number)
        latencies.append(monotonic() - due)
    return Load.of(latencies, monotonic() - began)


async def open_loop_async(ask: Callable[[int], Awaitable[object]], rate: float, seconds: float) -> Load:
    """The same with any number of requests at once, in this event loop."""
    latencies: list[float] = []
    began = monotonic()

    async def one(number: int, due: float) -> None:
        await ask(number)
        latencies.append(monotonic() - due)

    async with asyncio.TaskGroup() as tasks:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (early := due - monotonic()) > 0:
                await asyncio.sleep(early)
            tasks.create_task(one(number, due))
    return Load.of(latencies, monotonic() - began)

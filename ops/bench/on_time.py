"""HTTP requests in an open loop from one thread that waits to some microseconds.

The timers of an event loop are late by up to a millisecond, and every latency would hold that.
"""

import gc
import select
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import Final, NamedTuple

import httpx

from ops.bench.asking import Answer, http_request, whole_answer
from ops.bench.open_loop import Load

__all__ = ["Lines", "Request", "WrongAnswer", "lines"]

_PIECE: Final = 1 << 16
_PORT: Final = 80
_TOO_LONG_S: Final = 10.0


class WrongAnswer(Exception):
    """An answer is not as it should be: nothing is measured."""


class Request(NamedTuple):
    """What is asked; its answer has to be 200 and to hold `shows`."""

    path: str
    key: str
    shows: bytes = b""


class _Line:
    """A connection with one request under way at most."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self._received = bytearray()
        self._asked = Request("", "")
        self._due = 0.0

    def fileno(self) -> int:
        """For select."""
        return self.socket.fileno()

    def ask(self, request: Request, due: float) -> None:
        self._asked, self._due = request, due
        self.socket.sendall(http_request(request.path, request.key))

    def latency(self) -> float | None:
        """Read what is there; seconds since the request was due, None while its answer is not whole."""
        piece = self.socket.recv(_PIECE)
        if not piece:
            raise WrongAnswer(f"Asked for {self._asked.path}, the API hung up")
        self._received += piece
        answer = whole_answer(self._received)
        if answer is None:
            return None
        took = monotonic() - self._due
        _expect(self._asked, answer)
        return took


class Lines:
    """Connections, used in turn, so that none is left unused until the API closes it."""

    def __init__(self, opened: list[socket.socket]) -> None:
        self._all = [_Line(each) for each in opened]

    def load(self, request: Callable[[], Request], rate: float, seconds: float) -> Load:
        """Ask at a rate; a request that finds no connection free waits, and its clock runs. Raises WrongAnswer."""
        # A collection here would count as a late answer there.
        gc.collect()
        gc.freeze()
        count, free, waiting, latencies = int(rate * seconds), deque(self._all), deque[float](), list[float]()
        began, asked = monotonic(), 0
        while len(latencies) < count:
            now = monotonic()
            while asked < count and began + asked / rate <= now:
                waiting.append(began + asked / rate)
                asked += 1
            while waiting and free:
                free.popleft().ask(request(), waiting.popleft())
            left = began + (asked / rate if asked < count else seconds + _TOO_LONG_S) - monotonic()
            if asked == count and left <= 0:
                raise WrongAnswer(f"{count - len(latencies)} requests were not answered within {_TOO_LONG_S:g} s")
            free.extend(self._heard(max(0.0, left), latencies))
        return Load.of(latencies, monotonic() - began)

    def _heard(self, within_s: float, latencies: list[float]) -> list[_Line]:
        """The connections that are free now."""
        done = []
        for line in select.select(self._all, (), (), within_s)[0]:
            if (latency := line.latency()) is not None:
                latencies.append(latency)
                done.append(line)
        return done


@contextmanager
def lines(url: str, count: int) -> Iterator[Lines]:
    """Opened for the time of a `with`."""
    address = httpx.URL(url)
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            each = stack.enter_context(socket.create_connection((address.host, address.port or _PORT)))
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.append(each)
        yield Lines(opened)


def _expect(asked: Request, answer: Answer) -> None:
    if answer.status != httpx.codes.OK or asked.shows not in answer.body:
        raise WrongAnswer(f"Asked for {asked.path}, the API answered {answer.status} {answer.body[:300]!r}")

"""One connection to Redis for an event loop: whoever asks writes at once, and answers come back in order of asking.

A pipeline of redis-py costs 230 to 310 us of processor time a lookup, most of it for what a lookup does not need (a
connection of its own out of a pool, a time limit for each command): ops/bench/RESULTS.md. Addresses, TLS and passwords
are read by redis-py, so that they mean the same here as everywhere.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url
from redis.exceptions import InvalidResponse, RedisError, ResponseError

from connectors.errors import Unavailable
from connectors.serving.asking import Command

__all__ = ["RedisLine"]

_PORT: Final = 6379

# Its stub speaks of tuples of one.
_packed: Final[Any] = hiredis.pack_command


class RedisLine:
    """Shared by the tasks of one event loop; connects when first asked, and again after it was cut off."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._address: dict[str, Any] = dict(parse_url(url))
        self._timeout_s = timeout_s
        self._wire: _Wire | None = None
        self._attempt: asyncio.Task[_Wire] | None = None

    async def ask(self, commands: Sequence[Command]) -> list[Any]:
        """The answers, in order. Raises Unavailable when Redis does not give one of them in time.

        What was cut off is asked once more, on a new connection: commands must bear being run twice.
        """
        try:
            return await self._asked(commands)
        except _CutOff:
            try:
                return await self._asked(commands)
            except _CutOff as error:
                raise Unavailable("redis", str(error)) from None

    async def aclose(self) -> None:
        """End the connection."""
        if self._attempt is not None:
            self._attempt.cancel()
        if self._wire is not None:
            self._wire.end("closed")

    async def _asked(self, commands: Sequence[Command]) -> list[Any]:
        wire = self._wire
        if wire is None or wire.ended is not None:
            wire = await self._connected()
        answers = await wire.exchange(commands, self._timeout_s)
        for answer in answers:
            if isinstance(answer, RedisError):
                raise Unavailable("redis", str(answer))
        return answers

    async def _connected(self) -> "_Wire":
        # One attempt for all that wait: each would otherwise make his own in turn, and the last wait for them all.
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._connect_in_time())
        # Who goes away leaves the others their attempt.
        return await asyncio.shield(self._attempt)

    async def _connect_in_time(self) -> "_Wire":
        try:
            async with asyncio.timeout(self._timeout_s):
                self._wire = await self._connect()
        except TimeoutError:
            raise Unavailable("redis", f"no connection within {self._timeout_s:g} s") from None
        except OSError as error:
            raise Unavailable("redis", f"no connection: {error}") from None
        return self._wire

    async def _connect(self) -> "_Wire":
        address, loop = self._address, asyncio.get_running_loop()
        if "path" in address:
            _, wire = await loop.create_unix_connection(_Wire, address["path"])
        else:
            host, port = address.get("host", "localhost"), address.get("port", _PORT)
            _, wire = await loop.create_connection(_Wire, host, port, ssl=_tls(address))
        try:
            await self._introduce(wire)
        except BaseException:
            wire.end("it was not let in")
            raise
        return wire

    async def _introduce(self, wire: "_Wire") -> None:
        address = self._address
        password, database = address.get("password"), address.get("db")
        credentials = () if password is None else ("AUTH", address.get("username") or "default", password)
        first: list[Command] = [("HELLO", 3, *credentials), *([("SELECT", database)] if database else [])]
        for answer in await wire.exchange(first, self._timeout_s):
            if isinstance(answer, RedisError):
                raise Unavailable("redis", str(answer))


class _CutOff(Exception):
    """The connection ended before the answers came."""


class _Exchange:
    """What was asked at once, and the answers so far."""

    __slots__ = ("answers", "awaited", "due", "future")

    def __init__(self, awaited: int, due: float, future: "asyncio.Future[list[Any]]") -> None:
        self.awaited = awaited
        self.due = due
        """By the event loop's clock: later it is too late."""
        self.future = future
        self.answers: list[Any] = []


class _Wire(asyncio.Protocol):
    """A connection. Whoever goes away while waiting leaves his place in the queue, as his answers still come."""

    def __init__(self) -> None:
        self.ended: str | None = None
        """Why it can't be used any more."""
        self._loop = asyncio.get_running_loop()
        self._reader: Any = hiredis.Reader(protocolError=InvalidResponse, replyError=ResponseError)
        self._waiting: deque[_Exchange] = deque()
        self._watch: asyncio.TimerHandle | None = None

    async def exchange(self, commands: Sequence[Command], timeout_s: float) -> list[Any]:
        """The answers; errors among them stand in their place. Raises _CutOff, or Unavailable when time is over."""
        if self.ended is not None:
            raise _CutOff(self.ended)
        future: asyncio.Future[list[Any]] = self._loop.create_future()
        self._waiting.append(_Exchange(len(commands), self._loop.time() + timeout_s, future))
        self._transport.write(b"".join(map(_packed, commands)))
        # One timer for the line: what is answered in time, and that is nearly all, needs none of its own.
        if self._watch is None:
            self._watch = self._loop.call_later(timeout_s, self._look, timeout_s)
        return await future

    def end(self, reason: str) -> None:
        """Nothing can be asked any more; who waits learns of it."""
        if self.ended is None:
            self.ended = reason
            self._transport.close()
            if self._watch is not None:
                self._watch.cancel()
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():
                future.set_exception(_CutOff(reason))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As asyncio says."""
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """As asyncio says."""
        self.end(f"the connection was lost ({error or 'closed by Redis'})")

    def data_received(self, data: bytes) -> None:
        """As asyncio says."""
        try:
            self._reader.feed(data)
            while self.ended is None and (answer := self._reader.gets()) is not False:
                self._take(answer)
        except InvalidResponse as error:
            self.end(f"what answers is no Redis: {error}")

    def _take(self, answer: Any) -> None:
        if not self._waiting:
            self.end("an answer came that nobody had asked for")
            return
        first = self._waiting[0]
        first.answers.append(answer)
        if len(first.answers) == first.awaited:
            self._waiting.popleft()
            if not first.future.done():
                first.future.set_result(first.answers)

    def _look(self, timeout_s: float) -> None:
        """End the connection when somebody has waited for too long; those after him are asked for on a new one."""
        self._watch = None
        longest = next((each for each in self._waiting if not each.future.done()), None)
        if longest is None:
            return
        left = longest.due - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._look, timeout_s)
            return
        longest.future.set_exception(Unavailable("redis", f"no answer within {timeout_s:g} s"))
        # The answers would still come, in the place of later ones.
        self.end(f"an answer did not come within {timeout_s:g} s")


def _tls(address: dict[str, Any]) -> Any:
    if address.get("connection_class") is not SSLConnection:
        return None
    named = {name: value for name, value in address.items() if name.startswith("ssl_")}
    return SSLConnection(**named).ssl_context.get()

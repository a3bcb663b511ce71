"""HTTP/1.1 at its barest, so that whoever asks costs less than what answers: a request at a time on each connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import httpx

__all__ = ["Answer", "Connection", "Connections", "connections", "http_request", "whole_answer"]

_END_OF_HEAD: Final = b"\r\n\r\n"
_PORT: Final = 80
_LENGTH: Final = b"content-length: "


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


def http_request(path: str, key: str) -> bytes:
    """A request with an API key."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nX-API-Key: {key}\r\n\r\n".encode()


def whole_answer(received: bytearray) -> Answer | None:
    """Takes the first answer off what was received; None while it is not whole."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    at = head.find(_LENGTH)
    length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    begin = end + len(_END_OF_HEAD)
    if len(received) < begin + length:
        return None
    body = bytes(received[begin : begin + length])
    del received[: begin + length]
    return Answer(int(head[9:12]), body)


class Connection(asyncio.Protocol):
    """One connection; `get` only when nothing is under way on it."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None

    async def get(self, path: str, key: str) -> Answer:
        """Ask for a path with an API key. Raises ConnectionError when the other side hangs up."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(http_request(path, key))
        return await self._answer

    def close(self) -> None:
        """End it."""
        self._transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As asyncio says."""
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """As asyncio says."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(str(error or "closed")))

    def data_received(self, data: bytes) -> None:
        """As asyncio says."""
        self._received += data
        if self._answer is not None and not self._answer.done() and (answer := whole_answer(self._received)):
            self._answer.set_result(answer)


class Connections:
    """So many connections, each lent to one request at a time, the one that was idle for longest first.

    Any other order would leave some unused until the server closes them. Who finds none free waits, and his clock runs.
    """

    def __init__(self, opened: list[Connection]) -> None:
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in opened:
            self._free.put_nowait(connection)

    async def get(self, path: str, key: str) -> Answer:
        """As `Connection.get`."""
        connection = await self._free.get()
        try:
            return await connection.get(path, key)
        finally:
            self._free.put_nowait(connection)


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[Connections]:
    """Opened for the time of a `with`."""
    address, loop = httpx.URL(url), asyncio.get_running_loop()
    port = address.port or _PORT
    opened = [(await loop.create_connection(Connection, address.host, port))[1] for _ in range(count)]
    try:
        yield Connections(opened)
    finally:
        for connection in opened:
            connection.close()

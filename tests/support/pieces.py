"""A server that answers whatever it is asked with given bytes, cut as given."""

import asyncio
from collections.abc import Awaitable, Callable

__all__ = ["in_pieces"]


def in_pieces(
    *pieces: bytes, asked: list[bytes] | None = None, after_s: float = 0.0, between_s: float = 0.0
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """For `asyncio.start_server`: answers each HTTP request with these pieces, and hangs up when there are none.

    `asked` gets the first line of every request.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if asked is not None:
                asked.append(line)
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(after_s)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(between_s)
            if not pieces:
                break
        writer.close()

    return serve

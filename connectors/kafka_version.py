"""Whether a Kafka is new enough: it is asked, before anybody is let in, which versions of its requests it knows."""

import socket
import ssl
import struct
from typing import Final

__all__ = ["OLDEST", "is_too_old", "versions_known"]

OLDEST: Final = "2.5"
"""Since then a transaction's positions are fenced by the group's membership."""

_API_VERSIONS: Final = 18
_NEEDED: Final = {28: 3, 22: 3}
"""Request -> version: TxnOffsetCommit with a member's generation, InitProducerId with the producer's own epoch."""
_NAME: Final = b"c360-knocks"
_LARGEST: Final = 1 << 20


def is_too_old(host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> bool | None:
    """Whether it is older than OLDEST; None when it does not say. `context`: TLS is spoken there."""
    known = versions_known(host, port, context, seconds)
    return None if known is None else any(known.get(request, -1) < version for request, version in _NEEDED.items())


def versions_known(host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> dict[int, int] | None:
    """Request -> the newest version of it that is known there; None when it does not say."""
    body = struct.pack(">hhih", _API_VERSIONS, 0, 1, len(_NAME)) + _NAME
    try:
        with socket.create_connection((host, port), seconds) as plain:
            connection = plain if context is None else context.wrap_socket(plain, server_hostname=host)
            with connection:
                connection.sendall(struct.pack(">i", len(body)) + body)
                (size,) = struct.unpack(">i", _exactly(connection, 4))
                return _known(_exactly(connection, min(size, _LARGEST)))
    except (OSError, struct.error):
        return None


def _known(answer: bytes) -> dict[int, int]:
    """Request -> its newest version."""
    _, error, count = struct.unpack_from(">ihi", answer)
    if error:
        raise OSError(f"ApiVersions is answered with error {error}")
    rows = (struct.unpack_from(">hhh", answer, 10 + 6 * row) for row in range(count))
    return {request: newest for request, _, newest in rows}


def _exactly(connection: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        more = connection.recv(size - len(read))
        if not more:
            raise OSError("hung up")
        read += more
    return read

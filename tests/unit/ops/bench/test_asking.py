"""The benchmark's own HTTP: answers cut anywhere come back whole, to whoever asked."""

import asyncio

import pytest

from ops.bench.asking import Answer, connections
from tests.support.pieces import in_pieces

BODY = b'{"customer_id":"C1"}'
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Else: 1\r\n\r\n%s" % (len(BODY), BODY)


def answered(*pieces: bytes, asked: int = 1) -> list[Answer]:
    """What so many requests get of a server that answers each with these pieces."""

    async def story() -> list[Answer]:
        server = await asyncio.start_server(in_pieces(*pieces), "127.0.0.1", 0)
        async with server, connections(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 2) as opened:
            return list(await asyncio.gather(*(opened.get("/v1/customers/C1", "key") for _ in range(asked))))

    return asyncio.run(story())


@pytest.mark.parametrize("cut", [1, 17, len(WHOLE) - len(BODY), len(WHOLE) - 1])
def test_an_answer_that_comes_in_pieces_is_put_together(cut: int) -> None:
    assert answered(WHOLE[:cut], WHOLE[cut:]) == [Answer(200, BODY)]


def test_more_requests_than_connections_wait_for_each_other() -> None:
    assert answered(WHOLE, asked=7) == [Answer(200, BODY)] * 7


def test_an_answer_without_a_body_is_one() -> None:
    assert answered(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n") == [Answer(304, b"")]


def test_a_server_that_hangs_up_is_an_error_not_an_answer() -> None:
    with pytest.raises(ConnectionError):
        answered()


def test_no_connection_is_left_unused_until_the_server_closes_it() -> None:
    used: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            used.append(writer.get_extra_info("peername")[1])
            writer.write(WHOLE)
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, connections(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 3) as opened:
            for _ in range(6):
                await opened.get("/v1/customers/C1", "key")

    asyncio.run(story())
    assert len(set(used[:3])) == 3
    assert used[3:] == used[:3]

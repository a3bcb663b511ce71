"""Requests in an open loop over sockets: every one is answered, checked and counted from when it was due."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops.bench.on_time import Request, WrongAnswer, lines
from tests.support.pieces import in_pieces

ASKED = Request("/v1/customers/C1", "key", b'"customer_id":"C1"')
HEAD, BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", b'{"customer_id":"C1"}'


@contextmanager
def answering(*pieces: bytes, after_s: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers every request with these pieces, and hangs up when there are none; what it was asked."""
    asked: list[bytes] = []
    ready = threading.Event()
    where: list[str] = []
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        ended = asyncio.Event()
        stop.append((asyncio.get_running_loop(), ended))
        serve = in_pieces(*pieces, asked=asked, after_s=after_s, between_s=0.001)
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        where.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ready.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(30)
    try:
        yield where[0], asked
    finally:
        stop[0][0].call_soon_threadsafe(stop[0][1].set)
        thread.join()


def test_every_request_is_answered_however_its_answer_is_cut() -> None:
    with answering(HEAD[:9], HEAD[9:] + BODY[:3], BODY[3:]) as (url, asked), lines(url, 4) as opened:
        load = opened.load(lambda: ASKED, 200, 0.2)
        again = opened.load(lambda: ASKED, 200, 0.1)
    assert (load.asked, again.asked, len(asked)) == (40, 20, 60)
    assert asked[0] == b"GET /v1/customers/C1 HTTP/1.1\r\n"
    assert 0 < load.p50 <= load.p99 <= load.worst


def test_who_waits_for_a_connection_has_waited_since_he_was_due() -> None:
    with answering(HEAD + BODY, after_s=0.02) as (url, _), lines(url, 1) as opened:
        load = opened.load(lambda: ASKED, 1_000, 0.01)
    assert load.asked == 10
    # The tenth waits for nine others of 20 ms, and was due 9 ms after the first.
    assert load.worst >= 10 * 20 - 9


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ((HEAD + BODY.replace(b"C1", b"C2"),), "answered 200"),
        ((HEAD.replace(b"200 OK", b"503 No") + BODY,), "answered 503"),
        ((), "hung up"),
    ],
)
def test_nothing_is_measured_when_an_answer_is_wrong(pieces: tuple[bytes, ...], told: str) -> None:
    with (
        answering(*pieces) as (url, _),
        lines(url, 2) as opened,
        pytest.raises(WrongAnswer, match=f"Asked for /v1/customers/C1, the API {told}"),
    ):
        opened.load(lambda: ASKED, 100, 0.1)

"""The connection that all lookups of an event loop share: on a real Redis, and on servers that behave badly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import redis

from connectors.errors import Unavailable
from connectors.serving.redis_line import RedisLine
from ops.launcher.programs import Program
from tests.support.redis_server import a_redis

WITHIN_S = 60.0
Conduct = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A Redis that holds `n` -> n for n below 100, `number:n` in database 1 too, and knows a user who may only read."""
    with a_redis(tmp_path_factory.mktemp("redis")) as started:
        for database in (0, 1):
            with redis.Redis.from_url(f"{started.address}/{database}") as client:
                client.mset({f"{database}:{n}": n for n in range(100)})
                client.execute_command("ACL", "SETUSER", "reader", "on", ">a secret", "~*", "+@read", "+@connection")
        yield started


def asked(url: str, story: Callable[[RedisLine], Awaitable[None]], timeout_s: float = WITHIN_S) -> None:
    async def run() -> None:
        line = RedisLine(url, timeout_s)
        try:
            await story(line)
        finally:
            await line.aclose()

    asyncio.run(run())


def test_whoever_asks_at_the_same_time_gets_his_own_answers(server: Program) -> None:
    async def story(line: RedisLine) -> None:
        found = await asyncio.gather(*(line.ask([("GET", f"0:{n}"), ("GET", "nothing")]) for n in range(100)))
        assert found == [[str(n).encode(), None] for n in range(100)]

    asked(server.address, story)


def test_who_goes_away_while_he_waits_leaves_the_others_their_answers(server: Program) -> None:
    async def story(line: RedisLine) -> None:
        await line.ask([("PING",)])
        going = [asyncio.ensure_future(line.ask([("GET", f"0:{n}")])) for n in range(0, 50, 2)]
        staying = [asyncio.ensure_future(line.ask([("GET", f"0:{n}")])) for n in range(1, 50, 2)]
        await asyncio.sleep(0)  # lets all of them ask
        for one in going:
            one.cancel()
        assert await asyncio.gather(*staying) == [[str(n).encode()] for n in range(1, 50, 2)]

    asked(server.address, story)


def test_a_connection_that_was_cut_is_made_again(server: Program) -> None:
    async def story(line: RedisLine) -> None:
        for _ in range(3):
            assert await line.ask([("GET", "0:7")]) == [b"7"]
            with redis.Redis.from_url(server.address) as client:
                client.client_kill_filter(_type="normal", skipme=True)

    asked(server.address, story)


def test_the_address_says_who_and_which_database(server: Program) -> None:
    async def story(line: RedisLine) -> None:
        assert await line.ask([("GET", "1:7")]) == [b"7"]
        with pytest.raises(Unavailable, match="permissions"):
            await line.ask([("SET", "1:7", "8")])

    asked(server.address.replace("redis://", "redis://reader:a%20secret@") + "/1", story)


def test_who_is_not_let_in_is_told(server: Program) -> None:
    async def story(line: RedisLine) -> None:
        with pytest.raises(Unavailable, match="WRONGPASS"):
            await line.ask([("GET", "0:7")])

    asked(server.address.replace("redis://", "redis://reader:wrong@"), story)


@asynccontextmanager
async def behaving(
    answer: Conduct,
) -> AsyncIterator[str]:
    """The address of a server that does this with every connection."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def speaks_otherwise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def hangs_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    ("answer", "told", "within_s"),
    [
        (says_nothing, "within 0.2 s", 0.2),
        (speaks_otherwise, "no Redis", WITHIN_S),
        (hangs_up, "connection was lost", WITHIN_S),
    ],
)
def test_what_is_no_redis_or_a_dead_one_is_unavailable(answer: Conduct, told: str, within_s: float) -> None:
    async def story() -> None:
        async with behaving(answer) as url:
            line = RedisLine(url, within_s)
            with pytest.raises(Unavailable, match=told):
                await line.ask([("GET", "x")])
            await line.aclose()

    asyncio.run(story())


@pytest.mark.parametrize("limits_later", [0.5, 1.5], ids=["while the timer runs", "after it has run out"])
def test_each_waits_for_his_own_time_limit_though_one_timer_watches_all(limits_later: float) -> None:
    limit_s = 0.4

    async def falls_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"%0\r\n", b"$1\r\n7\r\n"):
            await reader.read(1_000)
            writer.write(answer)
        await says_nothing(reader, writer)

    async def story() -> None:
        async with behaving(falls_silent) as url:
            line, loop = RedisLine(url, limit_s), asyncio.get_running_loop()
            assert await line.ask([("GET", "x")]) == [b"7"]
            await asyncio.sleep(limits_later * limit_s)
            gone = asyncio.ensure_future(line.ask([("GET", "x")]))
            await asyncio.sleep(limit_s / 4)
            gone.cancel()
            asked_at = loop.time()
            async with asyncio.timeout(WITHIN_S):
                with pytest.raises(Unavailable, match="no answer within"):
                    await line.ask([("GET", "x")])
            # uvloop's and asyncio's clocks tick in milliseconds.
            assert loop.time() - asked_at >= limit_s - 0.01, "the limit of somebody else was applied to him"
            await line.aclose()

    asyncio.run(story())


def test_while_redis_hangs_all_who_ask_wait_for_one_attempt_together() -> None:
    connections = 0

    async def counts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await says_nothing(reader, writer)

    async def story() -> None:
        async with behaving(counts) as url:
            line = RedisLine(url, 0.2)
            told = await asyncio.gather(*(line.ask([("GET", "x")]) for _ in range(50)), return_exceptions=True)
            await line.aclose()
        assert all(isinstance(one, Unavailable) and "within 0.2 s" in str(one) for one in told)
        assert connections <= 1, "each would have waited for the attempts of all before him"

    asyncio.run(story())


def test_who_goes_away_while_the_line_connects_leaves_the_others_their_connection(server: Program) -> None:
    async def story(line: RedisLine) -> None:
        going = asyncio.ensure_future(line.ask([("GET", "0:7")]))
        staying = asyncio.ensure_future(line.ask([("GET", "0:8")]))
        await asyncio.sleep(0)  # lets both ask
        going.cancel()
        assert await staying == [b"8"]

    asked(server.address, story)


def test_nobody_there_is_unavailable() -> None:
    async def story(line: RedisLine) -> None:
        with pytest.raises(Unavailable, match="no connection"):
            await line.ask([("GET", "x")])

    asked("redis://127.0.0.1:1", story)

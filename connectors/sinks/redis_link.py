"""A writer's connection to Redis: runs scripts, many at once, and notices when it is not the same any more."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.exceptions import (
    AskError,
    ClusterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.retry import Retry

from connectors.errors import Unavailable
from connectors.redis_refusals import evicts_views, redis_trouble, thrown_away

logger = logging.getLogger("c360.redis")

__all__ = ["Call", "RedisLink", "Script"]

_TIMEOUT_S: Final = 5.0
_CALLS_AT_ONCE: Final = 1000
_BYTES_AT_ONCE: Final = 4 * 1024 * 1024
_LUA: Final = Path(__file__).with_name("lua")

# Refusals that pass by themselves or by an operator's hand; any other answer is a fault of ours and crashes.
_PASSING: Final = (AskError, ClusterDownError, NoPermissionError, OutOfMemoryError, ReadOnlyError, TryAgainError)
_PASSING_CODES: Final = ("BUSY", "MISCONF", "NOREPLICAS")

Call = tuple[bytes | str | float, ...]
"""A command with its arguments."""

# Its stub speaks of tuples of one.
_packed: Final[Any] = hiredis.pack_command


class Script:
    """A Lua script of this package, called by its digest."""

    def __init__(self, name: str) -> None:
        self.source = (_LUA / f"{name}.lua").read_text(encoding="utf-8")
        self._sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def call(self, keys: Sequence[str], *arguments: bytes | str | float) -> Call:
        """The command that runs it."""
        return ("EVALSHA", self._sha, len(keys), *keys, *arguments)


class RedisLink:
    """Commands to Redis; every way in which it is not usable now is an `Unavailable`.

    redis-py reconnects by itself, also in the middle of a batch, and the Redis it then meets may be another one, or
    may have lost the last writes. So `verify` refuses when the connection is not the one `connect` made.
    """

    def __init__(self, url: str, scripts: Iterable[Script], client_name: str = "c360-projector") -> None:
        self._scripts = tuple(scripts)
        self._connections = 0
        self._connected = 0
        self.evicts = False
        """Whether the server, when last connected to, throws views away once it is full."""
        self._redis = redis.Redis.from_url(
            url,
            max_connections=1,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._on_connect,
            client_name=client_name,
        )
        reached = self._redis.connection_pool.connection_kwargs
        self._where = str(reached.get("path") or f"{reached.get('host')}:{reached.get('port')}")

    def connect(self) -> str:
        """Make a new connection and return the server's run id. The server must take writes."""
        self._redis.connection_pool.disconnect()
        info = self._guarded(self._redis.info)
        self._connected = self._connections
        if info["role"] != "master":
            said = "it is a replica and takes no writes: name its primary in C360_REDIS_URL"
            raise Unavailable("redis", said, self._where)
        self._load()
        policy = str(info.get("maxmemory_policy", "noeviction"))
        is_limited, goes = bool(info.get("maxmemory")), thrown_away(policy)
        self.evicts = is_limited and evicts_views(policy)
        if is_limited and goes is not None:
            _tell_of_eviction(self._where, policy, goes)
        return str(info["run_id"])

    def run(self, calls: Iterable[Call]) -> list[Any]:
        """Send the calls in as few goes as fit the time limit; answers in order. All must bear being run twice."""
        packed = [_packed(call) for call in calls]
        answers = self._pipelined(packed)
        if any(isinstance(answer, NoScriptError) for answer in answers):
            self._load()
            answers = self._pipelined(packed)
        for answer in answers:
            if isinstance(answer, Exception):
                raise self._judged(answer) from answer
        return answers

    def verify(self) -> None:
        """Raise `Unavailable` when the connection was lost since `connect`, even if there is a new one by now."""
        if self._connections != self._connected:
            said = "the connection was lost and made again; what Redis holds has to be read anew"
            raise Unavailable("redis", said, self._where)

    def close(self) -> None:
        """End the connection."""
        self._redis.close()

    def _on_connect(self, connection: AbstractConnection) -> None:
        self._connections += 1
        connection.on_connect()  # type: ignore[no-untyped-call]

    def _load(self) -> None:
        self._guarded(lambda: [self._redis.script_load(script.source) for script in self._scripts])

    def _pipelined(self, packed: Sequence[bytes]) -> list[Any]:
        return [answer for some in _slices(packed) for answer in self._guarded(partial(self._exchanged, some))]

    def _exchanged(self, packed: Sequence[bytes]) -> list[Any]:
        """What redis-py's pipeline does, without its two thirds of the work: a command object and an answer's callback
        for each of thousands of calls. An error among the answers stands in its place.
        """
        pool = self._redis.connection_pool
        connection: Any = pool.get_connection()
        try:
            connection.send_packed_command([b"".join(packed)])
            return [_answer(connection) for _ in packed]
        except BaseException:
            # Answers that nobody read would be taken for those of the next calls.
            connection.disconnect()
            raise
        finally:
            pool.release(connection)

    def _guarded(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except RedisError as error:
            raise self._judged(error) from error

    def _judged(self, error: Exception) -> Exception:
        """`Unavailable` for what trying again may cure; anything else as it is."""
        passing = isinstance(error, _PASSING) or str(error).startswith(_PASSING_CODES)
        if isinstance(error, ResponseError) and not passing:
            return error
        return Unavailable("redis", redis_trouble(error), self._where)


def _slices(packed: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """The calls in order, in groups small enough for one round trip within the time limit."""
    start = size = 0
    for at, call in enumerate(packed, start=1):
        size += len(call)
        if at - start >= _CALLS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield packed[start:at]
            start, size = at, 0
    if start < len(packed):
        yield packed[start:]


@cache
def _tell_of_eviction(where: str, policy: str, goes: str) -> None:
    """Once in a process, however often and by whomever it is connected to."""
    logger.warning(
        "Redis at %s has maxmemory-policy %s, so that when it is full it throws away %s and tells nobody: "
        "set it to noeviction (CONFIG SET, and in its file)",
        where,
        policy,
        goes,
    )


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error

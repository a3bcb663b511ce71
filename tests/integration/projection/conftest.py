"""A topic and a Redis of the test's own: these tests empty Redis, kill it and write its positions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from ops.launcher import Running
from ops.launcher.programs import Program
from tests.support.projection import ViewsTopic
from tests.support.redis_server import a_redis


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Program]:
    """A Redis server for one test; `kill` and `start` keep its address and its data."""
    with a_redis(tmp_path) as server:
        yield server


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

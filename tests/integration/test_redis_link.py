"""What a writer's connection says of the Redis that it meets."""

import logging
from contextlib import closing
from pathlib import Path

import pytest
import redis

from connectors.sinks.redis_link import RedisLink
from tests.support.redis_server import a_redis


def test_what_a_full_redis_would_throw_away_is_told_as_its_policy_has_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with a_redis(tmp_path) as server, redis.Redis.from_url(server.address) as client:
        client.config_set("maxmemory", "1gb")
        with caplog.at_level(logging.WARNING, "c360.redis"), closing(RedisLink(server.address, ())) as link:
            evicts = []
            for policy in ("noeviction", "volatile-lru", "allkeys-lru"):
                client.config_set("maxmemory-policy", policy)
                link.connect()
                evicts.append(link.evicts)
    assert evicts == [False, False, True]
    budget, views = caplog.messages
    assert "volatile-lru, so that when it is full it throws away what the contact budget remembers" in budget
    assert (
        "allkeys-lru, so that when it is full it throws away views, and whatever else it holds, and tells nobody"
        in views
    )

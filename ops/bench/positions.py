"""How far a consumer is, asked of the broker and of Redis by one who takes no part."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import redis
from confluent_kafka import Consumer, TopicPartition

from connectors.redis_keys import Keys
from schemas.views import PROGRESS

__all__ = ["GroupPositions", "RedisPositions"]

ANSWER_SECONDS: Final = 20.0


class GroupPositions:
    """Records of some topics that a group has committed."""

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str], partitions: int) -> None:
        settings: dict[str, Any] = {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            # The last position committed, without waiting for a transaction that is open.
            "isolation.level": "read_uncommitted",
            "log_level": 0,
        }
        self._consumer = Consumer(settings)
        self._wanted = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]

    def done(self) -> int:
        """Records before the positions: the topics begin at offset 0 and hold no transaction markers."""
        found = self._consumer.committed(self._wanted, timeout=ANSWER_SECONDS)
        return sum(max(0, partition.offset) for partition in found)

    def close(self) -> None:
        """End the connection."""
        self._consumer.close()


class RedisPositions:
    """Records whose outcome stands in Redis, by the progress that the projector wrote there after the views."""

    def __init__(self, url: str, partitions: int) -> None:
        self._redis: Any = redis.Redis.from_url(url)
        self._keys = [Keys().partition(number) for number in range(partitions)]

    def done(self) -> int:
        """Records of all input topics, dead ones included."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for key in self._keys:
                pipeline.hget(key, PROGRESS)
            answers: list[bytes | None] = pipeline.execute()
        return sum(_applied(orjson.loads(raw)) for raw in answers if raw is not None)

    def close(self) -> None:
        """End the connection."""
        self._redis.close()


def _applied(progress: Mapping[str, Any]) -> int:
    return sum(offset + 1 for _, offset in progress["applied"].values())

"""What Redis holds, read field by field beside the way that lookups take: for checks and figures."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import redis
from redis.exceptions import RedisError

from connectors.redis_keys import DEFAULT_NAMESPACE, POINTER, POSITION, Keys
from connectors.serving.freshness import Freshness
from ops.errors import OperatorError
from ops.settings import without_password
from schemas.views import PARTITION_PREFIX, PROGRESS, SUMMARY

__all__ = ["RedisContents"]

AT_ONCE: Final = 500
ANSWER_SECONDS: Final = 5.0
_T = TypeVar("_T")


class RedisContents:
    """Reads a Redis that the projector fills. OperatorError when it does not answer."""

    def __init__(self, url: str, partitions: int) -> None:
        self._url = url
        self._partitions = partitions
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )

    def close(self) -> None:
        """End the connection."""
        self._redis.close()

    def sections(self) -> dict[str, dict[str, bytes]]:
        """Owner (a customer or `$partition-<n>`) -> section -> bytes, of everything."""
        return self._guarded(self._sections)

    def progress(self) -> dict[str, dict[str, bytes]]:
        """The progress sections of the partitions, as `sections` has them."""
        return self._guarded(self._progress)

    def summaries(self, most: int) -> dict[str, bytes]:
        """Customer -> summary, of at most so many customers."""
        return self._guarded(lambda: self._summaries(most))

    def customers(self) -> int:
        """How many views there are."""
        return self._guarded(lambda: sum(1 for _ in self._views()))

    def resume(self) -> dict[int, int]:
        """Partition of `customer-views` -> offset before which everything stands in Redis."""
        fields: dict[bytes, bytes] = self._guarded(lambda: self._redis.hgetall(self._keys().resume))
        return {int(field): int(offset) for field, offset in fields.items() if field.isdigit()}

    def freshness(self) -> Freshness:
        """What the projector last said of itself."""
        return Freshness.of(self._guarded(lambda: self._redis.hgetall(self._keys().projector)))

    def _keys(self) -> Keys:
        namespace = self._redis.get(POINTER)
        return Keys(DEFAULT_NAMESPACE if namespace is None else namespace.decode())

    def _views(self) -> Iterable[bytes]:
        found: Iterable[bytes] = self._redis.scan_iter(match=self._keys().views_pattern, count=1_000)
        return found

    def _sections(self) -> dict[str, dict[str, bytes]]:
        keys, owners = self._keys(), list(self._views())
        found = self._progress()
        for start in range(0, len(owners), AT_ONCE):
            some = owners[start : start + AT_ONCE]
            with self._redis.pipeline(transaction=False) as pipeline:
                for key in some:
                    pipeline.hgetall(key)
                for key, fields in zip(some, pipeline.execute(), strict=True):
                    found[keys.customer_of(key.decode())] = _named(fields)
        return found

    def _progress(self) -> dict[str, dict[str, bytes]]:
        keys = self._keys()
        found = {}
        for partition in range(self._partitions):
            fields = _named(self._redis.hgetall(keys.partition(partition)))
            if PROGRESS in fields:
                found[f"{PARTITION_PREFIX}{partition}"] = fields
        return found

    def _summaries(self, most: int) -> dict[str, bytes]:
        keys = self._keys()
        some = [key for key, _ in zip(self._views(), range(most), strict=False)]
        with self._redis.pipeline(transaction=False) as pipeline:
            for key in some:
                pipeline.hget(key, SUMMARY)
            answers = pipeline.execute()
        return {
            keys.customer_of(key.decode()): value for key, value in zip(some, answers, strict=True) if value is not None
        }

    def _guarded(self, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except RedisError as error:
            raise OperatorError(f"Redis at {without_password(self._url)} can't be read: {error}.") from None


def _named(fields: dict[bytes, bytes]) -> dict[str, bytes]:
    return {field.decode(): value for field, value in fields.items() if field != POSITION.encode()}

"""The namespaces of Redis during a rebuild: which one is filled, which one is in force, and what is to be removed."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from connectors.errors import Incompatible
from connectors.redis_keys import (
    DEFAULT_NAMESPACE,
    POINTER,
    REBUILDING,
    RESUME_TOPIC,
    RESUME_VIEWS,
    SCHEMA,
    Keys,
    following,
    schema_of,
)
from connectors.sinks.redis_link import RedisLink, Script
from schemas.generations import FIRST, views_topic

__all__ = ["Namespaces"]

_SWITCH: Final = Script("switch")
_STEP: Final = 500
_NAMESPACE: Final = re.compile(r"c360:(\d+(?:\.\d+)?):")


class Namespaces:
    """All methods raise `Unavailable` when Redis does not answer; each may be called again after that."""

    def __init__(self, url: str) -> None:
        self._link = RedisLink(url, (_SWITCH,), client_name="c360-rebuild")
        self._link.connect()

    def in_force(self) -> str:
        """The namespace that lookups read."""
        pointer = self._link.run([("GET", POINTER)])[0]
        return DEFAULT_NAMESPACE if pointer is None else str(pointer.decode())

    def to_fill(self) -> tuple[str, bool]:
        """The namespace that a rebuild is to fill, and whether one has begun to before; its name is noted.

        Raises `Incompatible` where the views in force are of a later schema.
        """
        in_force = self.in_force()
        if schema_of(in_force) > SCHEMA:
            raise Incompatible(
                f"Redis holds views of schema {schema_of(in_force)}: rebuild with the version they are of."
            )
        begun = self._link.run([("GET", REBUILDING)])[0]
        wanted = following(in_force)
        if begun is not None and begun.decode() == wanted:
            return wanted, True
        self._link.run([("SET", REBUILDING, wanted)])
        return wanted, False

    def heard_at(self, namespace: str) -> float | None:
        """When a projector last said that it writes a namespace (Unix seconds); None: never, or it has stopped."""
        at, state = self._link.run([("HMGET", Keys(namespace).projector, "at", "state")])[0]
        return None if at is None or state != b"running" else float(at)

    def resume(self, namespace: str) -> tuple[str | None, dict[int, int]]:
        """The id of the topic a namespace is of, and its partitions: -> offset before which all stands there."""
        fields = _pairs(self._link.run([("HGETALL", Keys(namespace).resume)])[0])
        offsets = {int(field): int(offset) for field, offset in fields.items() if field.isdigit()}
        return fields.get(RESUME_TOPIC), offsets

    def topic_in_force(self) -> str | None:
        """The topic whose views lookups read; None: there are none yet."""
        resume = Keys(self.in_force()).resume
        noted, is_filled = self._link.run([("HGET", resume, RESUME_VIEWS), ("EXISTS", resume)])
        if noted is not None:
            return str(noted.decode())
        # Versions that noted none knew one topic.
        return views_topic(FIRST) if is_filled else None

    def switch(self, before: str, after: str) -> bool:
        """Put `after` into force, if `before` still is: from this instant every lookup reads it."""
        switched: int = self._link.run([_SWITCH.call([POINTER], before, after, DEFAULT_NAMESPACE)])[0]
        if switched:
            self._link.run([("DEL", REBUILDING)])
        return bool(switched)

    def remove_all_but(self, *kept: str) -> Iterator[int]:
        """Remove the keys of all other namespaces; how many so far, after each small step."""
        return self._remove(lambda namespace: namespace not in kept)

    def remove(self, gone: str) -> Iterator[int]:
        """Remove the keys of one namespace; how many so far, after each small step."""
        return self._remove(lambda namespace: namespace == gone)

    def close(self) -> None:
        """End the connection."""
        self._link.close()

    def _remove(self, is_gone: Callable[[str], bool]) -> Iterator[int]:
        cursor, removed = 0, 0
        while True:
            answer, keys = self._link.run([("SCAN", cursor, "MATCH", "c360:*", "COUNT", _STEP)])[0]
            gone = [key for key in keys if (named := _NAMESPACE.match(key.decode())) and is_gone(named[1])]
            if gone:
                self._link.run([("UNLINK", key) for key in gone])
            removed += len(gone)
            cursor = int(answer)
            yield removed
            if not cursor:
                return


def _pairs(answer: list[bytes] | Mapping[bytes, bytes]) -> dict[str, str]:
    pairs: Any = answer.items() if isinstance(answer, Mapping) else zip(answer[::2], answer[1::2], strict=True)
    return {field.decode(): value.decode() for field, value in pairs}

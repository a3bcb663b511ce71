"""What the projector does to Redis: changes, staged sections, resume positions, heartbeat, sweep after a rebuild."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.errors import Incompatible, Unavailable
from connectors.identifiers import Identifiers
from connectors.indexing import Indexing
from connectors.redis_keys import (
    DEFAULT_NAMESPACE,
    POINTER,
    RESUME_EPOCH,
    RESUME_SECRET,
    RESUME_SWEPT,
    RESUME_TOPIC,
    RESUME_VIEWS,
    SCHEMA,
    Keys,
    schema_of,
)
from connectors.sinks.holding import Change
from connectors.sinks.redis_link import Call, RedisLink, Script
from connectors.sinks.redis_views import SCRIPTS, RedisViews

__all__ = ["RedisStore", "Start", "Switched"]

_ADVANCE: Final = Script("advance")

_SWEEP_STEP: Final = 500


class Switched(Exception):
    """Another namespace is in force: begin again, in that one."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins."""

    reason: str
    """`resumed` at what Redis holds, or from the beginning: `new` (never filled), `lost` or `recreated` (the topic)."""
    positions: dict[int, int]


class RedisStore:
    """Redis as the projector's own. Methods raise `Unavailable`, or `Switched`; then `begin` again."""

    def __init__(
        self,
        url: str,
        identifiers: Identifiers,
        namespace: str | None = None,
        *,
        topic_in_force: Callable[[], str] | None = None,
    ) -> None:
        """Writes the namespace in force, and follows when another one is; or, with `namespace`, that one alone.

        `topic_in_force`, which may raise `Unavailable`, is asked whose views to write where the namespace is empty.
        """
        self._identifiers = identifiers
        self._follows = namespace is None
        self._namespace = namespace
        self._topic_in_force = topic_in_force
        self._topic: str | None = None
        self._keys: Keys | None = None
        self._link = RedisLink(url, (*SCRIPTS, _ADVANCE))
        self._epoch = 0
        self._resume: dict[str, str] = {}
        self._sweep_cursor: int | None = None

    def topic(self, otherwise: str) -> str:
        """The topic whose views the namespace holds; where none is noted, `otherwise`, which `begin` then notes."""
        self._topic = otherwise
        if self._follows:
            self._link.connect()
            resume = self._find_namespace().resume
            noted, is_filled = self._link.run([("HGET", resume, RESUME_VIEWS), ("EXISTS", resume)])
            if noted is not None:
                self._topic = noted.decode()
            elif not is_filled and self._topic_in_force is not None:
                self._topic = self._topic_in_force()
        return self._topic

    def begin(self, topic_id: str, partitions: Sequence[int], now: float) -> Start:
        """Connect, and find out where to read from. `now` (Unix seconds) names a new epoch where one must begin.

        Raises `Incompatible` when what stands there was written by another version, or under another secret.
        """
        self._link.connect()
        keys = self._find_namespace()
        stored = self._read_resume(keys)
        reason = self._reason(stored, topic_id)
        if reason == "resumed":
            self._epoch, self._resume = int(stored[RESUME_EPOCH]), stored
            self._sweep_cursor = None if stored.get(RESUME_SWEPT) == stored[RESUME_EPOCH] else 0
        else:
            self._new_epoch(topic_id, stored, now, swept=reason == "new")
        self._views = RedisViews(self._link, keys, Indexing(keys, self._identifiers), self._epoch)
        if self._topic is not None and self._resume.get(RESUME_VIEWS) != self._topic:
            self._move({RESUME_VIEWS: self._topic})
        self.advance({n: int(self._resume.get(str(n), 0)) for n in partitions})
        return Start(reason, {n: int(self._resume[str(n)]) for n in partitions})

    def apply(self, changes: Sequence[Change]) -> Counter[str]:
        """Bring each change's owner to its position: outcome -> owners. The indexes are in step before and after."""
        return self._views.apply(changes)

    def stage(self, changes: Iterable[Change]) -> None:
        """Keep sections that wait for their summary; `apply` of the same owner takes them in."""
        self._views.stage(changes)

    def advance(self, positions: Mapping[int, int]) -> None:
        """Note where reading would go on, and see that Redis still holds what was noted before.

        Only after everything before these positions was applied or staged.
        """
        self._link.verify()
        new = {str(n): str(offset) for n, offset in positions.items() if self._resume.get(str(n)) != str(offset)}
        self._move(new)

    def heartbeat(self, fields: Mapping[str, str]) -> None:
        """Say how the projector is."""
        keys = self._keys or self._find_namespace()
        self._link.run([("HSET", keys.projector, *(part for pair in fields.items() for part in pair))])

    @property
    def evicts(self) -> bool:
        """Whether Redis throws views away once it is full."""
        return self._link.evicts

    @property
    def sweeping(self) -> bool:
        """Whether views of an earlier epoch may still be there."""
        return self._sweep_cursor is not None

    def sweep(self) -> int:
        """Remove some of the views that no record of this epoch touched; only once all of it is applied."""
        if self._sweep_cursor is None:
            return 0
        keys = self._current()
        found: tuple[int | bytes, list[bytes]] = self._link.run(
            [("SCAN", self._sweep_cursor, "MATCH", keys.views_pattern, "COUNT", _SWEEP_STEP)]
        )[0]
        removed = self._views.remove_older([keys.customer_of(key.decode()) for key in found[1]])
        self._sweep_cursor = int(found[0]) or None
        if self._sweep_cursor is None:
            self._move({RESUME_SWEPT: str(self._epoch)})
        return removed

    def close(self) -> None:
        """End the connection."""
        self._link.close()

    def _current(self) -> Keys:
        assert self._keys is not None, "begin comes first"
        return self._keys

    def _find_namespace(self) -> Keys:
        namespace = self._namespace or DEFAULT_NAMESPACE
        if self._follows:
            claim: Call = ("SET", POINTER, DEFAULT_NAMESPACE, "NX")
            namespace = self._link.run([claim, ("GET", POINTER)])[1].decode()
            if schema_of(namespace) != SCHEMA:
                raise Incompatible(
                    f"Redis holds views of schema {schema_of(namespace)} (namespace {namespace}), and this version "
                    f"writes schema {SCHEMA}: run `c360 project rebuild` once, then start the projector again."
                )
        if namespace != self._namespace:
            self._epoch, self._resume = 0, {}
        self._namespace = namespace
        self._keys = Keys(namespace)
        return self._keys

    def _read_resume(self, keys: Keys) -> dict[str, str]:
        flat: list[bytes] | dict[bytes, bytes] = self._link.run([("HGETALL", keys.resume)])[0]
        pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2], strict=True)
        stored = {field.decode(): value.decode() for field, value in pairs}
        if stored and stored.get(RESUME_SECRET) != self._identifiers.fingerprint:
            raise Incompatible(
                "the indexes in Redis were made under another secret than C360_INDEX_KEY has now: "
                "set it to what it was, or run `c360 project rebuild` to make them anew."
            )
        return stored

    def _reason(self, stored: Mapping[str, str], topic_id: str) -> str:
        if not stored:
            return "lost" if self._epoch else "new"
        return "resumed" if stored[RESUME_TOPIC] == topic_id else "recreated"

    def _new_epoch(self, topic_id: str, stored: Mapping[str, str], now: float, *, swept: bool) -> None:
        # Milliseconds, since after a loss nobody may remember the epoch before; never one that was there already.
        self._epoch = max(int(now * 1000), self._epoch + 1, int(stored.get(RESUME_EPOCH, 0)) + 1)
        self._resume = dict(stored)
        fresh = {RESUME_TOPIC: topic_id, RESUME_EPOCH: str(self._epoch), RESUME_SECRET: self._identifiers.fingerprint}
        fresh[RESUME_SWEPT] = str(self._epoch) if swept else ""
        self._sweep_cursor = None if swept else 0
        self._move(fresh | {field: "0" for field in stored if field.isdigit()})

    def _move(self, new: Mapping[str, str]) -> None:
        expected = {RESUME_EPOCH: self._resume.get(RESUME_EPOCH, "")} | {
            field: self._resume.get(field, "") for field in new
        }
        call = _ADVANCE.call([self._current().resume], len(expected), *_flat(expected), *_flat(new))
        moved, pointer = self._link.run([call, ("GET", POINTER)])
        if self._follows and pointer is not None and pointer.decode() != self._namespace:
            raise Switched
        if moved != 1:
            raise Unavailable(
                "redis", "the positions noted there are not those of this projector: data lost, or a second projector"
            )
        self._resume.update(new)


def _flat(fields: Mapping[str, str]) -> Iterator[str]:
    for field, value in fields.items():
        yield field
        yield value

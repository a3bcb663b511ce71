"""What the projector does to Redis: changes, staged sections, resume positions, heartbeat, sweep after a rebuild."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.errors import Unavailable
from connectors.redis_keys import (
    DEFAULT_NAMESPACE,
    POINTER,
    POSITION,
    RESUME_EPOCH,
    RESUME_SWEPT,
    RESUME_TOPIC,
    Keys,
)
from connectors.sinks.holding import Change
from connectors.sinks.redis_link import Call, RedisLink, Script

__all__ = ["RedisStore", "Start"]

_APPLY: Final = Script("apply")
_STAGE: Final = Script("stage")
_ADVANCE: Final = Script("advance")
_SWEEP: Final = Script("sweep")

_OUTCOMES: Final = {1: "applied", 0: "stale", -1: "fenced"}
_CALLS_AT_ONCE: Final = 1000
_BYTES_AT_ONCE: Final = 4 * 1024 * 1024
_KNOWN_ENTRIES: Final = 200_000
_SWEEP_STEP: Final = 500


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins."""

    reason: str
    """`resumed` at what Redis holds, or from the beginning: `new` (never filled), `lost` or `recreated` (the topic)."""
    positions: dict[int, int]


class RedisStore:
    """Redis as the projector's own; one instance, one namespace. Methods raise `Unavailable`; then `begin` again."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._keys = keys
        self._link = RedisLink(url, (_APPLY, _STAGE, _ADVANCE, _SWEEP))
        self._epoch = 0
        self._resume: dict[str, str] = {}
        self._entries: dict[tuple[str, str], None] = {}
        self._sweep_cursor: int | None = None

    def begin(self, topic_id: str, partitions: Sequence[int], now: float) -> Start:
        """Connect, and find out where to read from. `now` (Unix seconds) names a new epoch where one must begin."""
        self._link.connect()
        self._entries.clear()
        stored = self._read_resume()
        reason = self._reason(stored, topic_id)
        if reason == "resumed":
            self._epoch, self._resume = int(stored[RESUME_EPOCH]), stored
            self._sweep_cursor = None if stored.get(RESUME_SWEPT) == stored[RESUME_EPOCH] else 0
        else:
            self._new_epoch(topic_id, stored, now, swept=reason == "new")
        self.advance({n: int(self._resume.get(str(n), 0)) for n in partitions})
        return Start(reason, {n: int(self._resume[str(n)]) for n in partitions})

    def apply(self, changes: Sequence[Change]) -> Counter[str]:
        """Bring each change's owner to its position: outcome -> owners. The index is in step before and after."""
        self._run(self._new_entries(changes))
        answers = self._run(self._applying(change) for change in changes)
        self._drop_entries(changes, answers)
        return Counter("applied" if isinstance(answer, list) else _OUTCOMES[answer] for answer in answers)

    def stage(self, changes: Iterable[Change]) -> None:
        """Keep sections that wait for their summary; `apply` of the same owner takes them in."""
        self._run(self._staging(change) for change in changes)

    def advance(self, positions: Mapping[int, int]) -> None:
        """Note where reading would go on, and see that Redis still holds what was noted before.

        Only after everything before these positions was applied or staged.
        """
        self._link.verify()
        new = {str(n): str(offset) for n, offset in positions.items() if self._resume.get(str(n)) != str(offset)}
        self._move(new)

    def heartbeat(self, fields: Mapping[str, str]) -> None:
        """Say how the projector is."""
        self._run([("HSET", self._keys.projector, *(part for pair in fields.items() for part in pair))])

    @property
    def sweeping(self) -> bool:
        """Whether views of an earlier epoch may still be there."""
        return self._sweep_cursor is not None

    def sweep(self) -> int:
        """Remove some of the views that no record of this epoch touched; only once all of it is applied."""
        if self._sweep_cursor is None:
            return 0
        found: tuple[int | bytes, list[bytes]] = self._run(
            [("SCAN", self._sweep_cursor, "MATCH", self._keys.views_pattern, "COUNT", _SWEEP_STEP)]
        )[0]
        removed = self._remove([self._keys.customer_of(key.decode()) for key in found[1]])
        self._sweep_cursor = int(found[0]) or None
        if self._sweep_cursor is None:
            self._move({RESUME_SWEPT: str(self._epoch)})
        return removed

    def close(self) -> None:
        """End the connection."""
        self._link.close()

    def _read_resume(self) -> dict[str, str]:
        claim: Call = ("SET", POINTER, DEFAULT_NAMESPACE, "NX")
        flat: list[bytes] | dict[bytes, bytes] = self._link.run([claim, ("HGETALL", self._keys.resume)])[1]
        pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2], strict=True)
        return {field.decode(): value.decode() for field, value in pairs}

    def _reason(self, stored: Mapping[str, str], topic_id: str) -> str:
        if not stored:
            return "lost" if self._epoch else "new"
        return "resumed" if stored[RESUME_TOPIC] == topic_id else "recreated"

    def _new_epoch(self, topic_id: str, stored: Mapping[str, str], now: float, *, swept: bool) -> None:
        # Milliseconds, since after a loss nobody may remember the epoch before; never one that was there already.
        self._epoch = max(int(now * 1000), self._epoch + 1, int(stored.get(RESUME_EPOCH, 0)) + 1)
        self._resume = dict(stored)
        fresh = {RESUME_TOPIC: topic_id, RESUME_EPOCH: str(self._epoch)}
        fresh[RESUME_SWEPT] = str(self._epoch) if swept else ""
        self._sweep_cursor = None if swept else 0
        self._move(fresh | {field: "0" for field in stored if field.isdigit()})

    def _move(self, new: Mapping[str, str]) -> None:
        expected = {RESUME_EPOCH: self._resume.get(RESUME_EPOCH, "")} | {
            field: self._resume.get(field, "") for field in new
        }
        call = _ADVANCE.call([self._keys.resume], len(expected), *_flat(expected), *_flat(new))
        if self._link.run([call]) != [1]:
            raise Unavailable(
                "redis", "the positions noted there are not those of this projector: data lost, or a second projector"
            )
        self._resume.update(new)

    def _applying(self, change: Change) -> Call:
        setting: list[bytes | str] = []
        deleting: list[str] = []
        for section, value in change.sections.items():
            if value is None:
                deleting.append(section)
            else:
                setting += (section, value)
        keys = [self._keys.owner(change.owner), self._keys.staged(change.owner)]
        return _APPLY.call(keys, self._epoch, change.last, len(setting) // 2, *setting, *deleting)

    def _staging(self, change: Change) -> Call:
        keys = [self._keys.owner(change.owner), self._keys.staged(change.owner)]
        values = ((name, b"-" if value is None else b"=" + value) for name, value in change.sections.items())
        return _STAGE.call(keys, self._epoch, change.last, *(part for pair in values for part in pair))

    def _new_entries(self, changes: Iterable[Change]) -> Iterator[Call]:
        if len(self._entries) > _KNOWN_ENTRIES:
            self._entries.clear()
        for change in changes:
            for section, value in change.sections.items():
                index = self._keys.index(section) if value is not None else None
                if index is not None and (change.owner, section) not in self._entries:
                    self._entries[change.owner, section] = None
                    yield ("SADD", index, change.owner)

    def _drop_entries(self, changes: Sequence[Change], answers: Sequence[int | list[bytes]]) -> None:
        """Remove the index entries of sections that are gone."""
        doubtful = [
            (change.owner, section)
            for change, answer in zip(changes, answers, strict=True)
            for section in _maybe_gone(change, answer)
            if self._keys.index(section) is not None
        ]
        present = self._run(("HEXISTS", self._keys.owner(owner), section) for owner, section in doubtful)
        self._forget_entries([entry for entry, there in zip(doubtful, present, strict=True) if not there])

    def _forget_entries(self, entries: Sequence[tuple[str, str]]) -> None:
        for entry in entries:
            self._entries.pop(entry, None)
        self._run(
            ("SREM", index, owner) for owner, section in entries if (index := self._keys.index(section)) is not None
        )

    def _remove(self, customers: Sequence[str]) -> int:
        answers: list[list[bytes]] = self._run(
            _SWEEP.call([self._keys.view(customer), self._keys.staged(customer)], self._epoch) for customer in customers
        )
        self._forget_entries(
            [
                (customer, section.decode())
                for customer, sections in zip(customers, answers, strict=True)
                for section in sections
                if section != POSITION.encode()
            ]
        )
        return sum(1 for sections in answers if sections)

    def _run(self, calls: Iterable[Call]) -> list[Any]:
        answers: list[Any] = []
        for some in _slices(calls):
            answers += self._link.run(some)
        return answers


def _maybe_gone(change: Change, answer: int | list[bytes]) -> list[str]:
    """Sections that may not be in the hash after the change: deleted now; later already, when the change is stale; or
    together with a hash of an earlier epoch.
    """
    if isinstance(answer, list):
        return [section.decode() for section in answer] + list(change.sections)
    if answer != 1:
        return list(change.sections)
    return [section for section, value in change.sections.items() if value is None]


def _flat(fields: Mapping[str, str]) -> Iterator[str]:
    for field, value in fields.items():
        yield field
        yield value


def _slices(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """The calls in order, in groups small enough for one round trip within the time limit."""
    group: list[Call] = []
    size = 0
    for call in calls:
        group.append(call)
        size += sum(len(part) for part in call if isinstance(part, bytes))
        if len(group) >= _CALLS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield group
            group, size = [], 0
    if group:
        yield group

"""Views and index entries in Redis, kept in step though they stand in different slots and any process may die between.

What a customer's entries are follows from his sections. Before his view changes, what will be new is noted as doubtful
beside it and then added; after it, what is gone is removed and the doubt with it. So an entry that a view asks for
always stands, one that it does not ask for stands only while it is noted, and whoever comes next clears it away.

What stands of a customer is read before the first change of a section. Later ones mostly move scores alone: whether
they do is known from a number per section that stands for its entries, as long as nobody else writes here.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.indexing import Entry, Indexing, Score, Whose, concerns, whose_customer
from connectors.redis_keys import Keys
from connectors.sinks.holding import Change
from connectors.sinks.redis_link import Call, RedisLink, Script
from schemas.views import INTERACTIONS, PARTITION_PREFIX, PROFILE

__all__ = ["SCRIPTS", "RedisViews"]

_LOOK: Final = Script("look")
_APPLY: Final = Script("apply")
_STAGE: Final = Script("stage")
_SWEEP: Final = Script("sweep")
SCRIPTS: Final = (_LOOK, _APPLY, _STAGE, _SWEEP)

_OUTCOMES: Final = {1: "applied", 2: "applied", 0: "stale", -1: "fenced"}
_REPLACED: Final = 2
_OWNERS_AT_ONCE: Final = 1000
_CALLS_AT_ONCE: Final = 1000
_BYTES_AT_ONCE: Final = 4 * 1024 * 1024
_MEMBERS_AT_ONCE: Final = 500
_KNOWN_SECTIONS: Final = 200_000


Part = bytes | str | float


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands of an owner."""

    outcome: int
    whole: bool
    sections: dict[str, bytes]
    profile: bytes | None
    staged: dict[str, bytes]
    """`=` and a section's bytes, or `-`."""
    doubted: frozenset[Entry]


@dataclass(slots=True)
class _Move:
    """What a change does to the indexes."""

    adds: Mapping[Entry, Score]
    doubted: frozenset[Entry]
    """Added and not asked for by the view as it stood."""
    gone: frozenset[Entry]


_NOTHING: Final = _Move({}, frozenset(), frozenset())


class RedisViews:
    """The views of one namespace and epoch. Methods raise `Unavailable`, and may then be called again."""

    def __init__(self, link: RedisLink, keys: Keys, indexing: Indexing, epoch: int) -> None:
        self._link = link
        self._keys = keys
        self._indexing = indexing
        self._epoch = epoch
        self._known = _Known(indexing)

    def apply(self, changes: Sequence[Change]) -> Counter[str]:
        """Bring each change's owner to its position: outcome -> owners."""
        outcomes: Counter[str] = Counter()
        for some in _rounds(changes):
            outcomes += self._apply(some)
        return outcomes

    def stage(self, changes: Iterable[Change]) -> None:
        """Keep sections that wait for their summary; `apply` of the same owner takes them in."""
        waiting = list(changes)
        self._known.forget(change.owner for change in waiting)
        self._run(map(self._staging, waiting))

    def remove_older(self, customers: Sequence[str]) -> int:
        """Remove those of these views, with their index entries, that belong to an earlier epoch; how many did."""
        standing = self._look([Change(customer, 0, 0, 0, 0.0) for customer in customers])
        older = [(each, found) for each, found in zip(customers, standing, strict=True) if found.outcome == _REPLACED]
        self._remove(entry for each, found in older for entry in self._standing_entries(each, found) | found.doubted)
        return sum(self._run(_SWEEP.call(self._keys_of(each), self._epoch) for each, _ in older))

    def _apply(self, changes: Sequence[Change]) -> Counter[str]:
        standing, moves = self._moves(changes)
        self._run(
            ("SADD", self._keys.doubt(change.owner), *map(_in_words, move.doubted))
            for change, move in zip(changes, moves, strict=True)
            if move.doubted
        )
        self._add(moves)
        answers = [found.outcome for found in standing]
        fresh = [at for at, outcome in enumerate(answers) if outcome > 0]
        for at, answer in zip(fresh, self._run(self._applying(changes[at], moves[at]) for at in fresh), strict=True):
            answers[at] = answer
        self._remove(entry for move in moves for entry in move.gone)
        self._run(
            ("UNLINK", self._keys.doubt(change.owner)) for change, move in zip(changes, moves, strict=True) if move.gone
        )
        return Counter(_OUTCOMES[answer] for answer in answers)

    def _moves(self, changes: Sequence[Change]) -> tuple[list[_Standing], list[_Move]]:
        quick = [self._quick(change) for change in changes]
        looked = iter(self._look([change for change, move in zip(changes, quick, strict=True) if move is None]))
        standing = [_UNSEEN if move is not None else next(looked) for move in quick]
        moves = [
            move or self._move(change, found) for change, move, found in zip(changes, quick, standing, strict=True)
        ]
        return standing, moves

    def _quick(self, change: Change) -> _Move | None:
        """What the change does, where that is known without looking at what stands."""
        if change.owner.startswith(PARTITION_PREFIX):
            return _NOTHING
        scores = self._known.only_scores(change)
        return None if scores is None else _Move(scores, frozenset(), frozenset())

    def _look(self, changes: Sequence[Change]) -> list[_Standing]:
        return [_standing(answer) for answer in self._run(self._looking(change) for change in changes)]

    def _looking(self, change: Change) -> Call:
        whole = b"1" if PROFILE in change.sections or not change.sections else b"0"
        return _LOOK.call(self._keys_of(change.owner), self._epoch, change.last, whole, *change.sections)

    def _move(self, change: Change, found: _Standing) -> _Move:
        if found.outcome <= 0:
            self._known.forget([change.owner])
            # Applied before, perhaps by one that died before it had cleared away what was gone.
            asked = self._standing_entries(change.owner, found) if found.doubted else frozenset()
            return _Move({}, frozenset(), found.doubted - asked)
        before = found.sections
        after = _after(found, change)
        # What leads to a section by its name does so before and after alike.
        standing: Collection[str] = () if found.outcome == _REPLACED else before.keys() & after.keys()
        old = self._indexing.entries(change.owner, before, _profile(found, before), standing)
        new = self._indexing.entries(change.owner, after, _profile(found, after), standing)
        # Of an earlier epoch the view may stand without its entries: Redis may have lost them between the two.
        doubted = frozenset(new if found.outcome == _REPLACED else new.keys() - old.keys())
        gone = frozenset((old.keys() | found.doubted) - new.keys())
        if found.doubted:
            gone -= self._indexing.entries(change.owner, after, _profile(found, after)).keys()
        # Scores are written even where the view had the same one: one that died may have written another since.
        adds = {entry: score for entry, score in new.items() if score is not None or entry in doubted}
        if before:
            # Who was not there before is read once, in a topic from its beginning: it would be learnt for nothing.
            self._known.learn(change, _profile(found, after))
        return _Move(adds, doubted, gone)

    def _standing_entries(self, customer_id: str, found: _Standing) -> frozenset[Entry]:
        return frozenset(self._indexing.entries(customer_id, found.sections, found.sections.get(PROFILE)))

    def _applying(self, change: Change, move: _Move) -> Call:
        setting: list[bytes | str] = []
        deleting: list[str] = []
        for section, value in change.sections.items():
            if value is None:
                deleting.append(section)
            else:
                setting += (section, value)
        counts = len(setting) // 2, len(deleting)
        gone = map(_in_words, move.gone)
        return _APPLY.call(self._keys_of(change.owner), self._epoch, change.last, *counts, *setting, *deleting, *gone)

    def _staging(self, change: Change) -> Call:
        keys = [self._keys.owner(change.owner), self._keys.staged(change.owner)]
        values = ((name, b"-" if value is None else b"=" + value) for name, value in change.sections.items())
        return _STAGE.call(keys, self._epoch, change.last, *(part for pair in values for part in pair))

    def _add(self, moves: Iterable[_Move]) -> None:
        grouped: dict[str, list[Part]] = {}
        for move in moves:
            for entry, score in move.adds.items():
                grouped.setdefault(entry.key, []).extend((score or 0, entry.member))
        self._run(
            ("ZADD", key, *part) for key, members in grouped.items() for part in _parts(members, 2 * _MEMBERS_AT_ONCE)
        )

    def _remove(self, entries: Iterable[Entry]) -> None:
        grouped: dict[str, list[Part]] = {}
        for entry in entries:
            grouped.setdefault(entry.key, []).append(entry.member)
        self._run(
            ("ZREM", key, *part) for key, members in grouped.items() for part in _parts(members, _MEMBERS_AT_ONCE)
        )

    def _keys_of(self, owner: str) -> list[str]:
        return [self._keys.owner(owner), self._keys.staged(owner), self._keys.doubt(owner)]

    def _run(self, calls: Iterable[Call]) -> list[Any]:
        answers: list[Any] = []
        for some in _slices(calls):
            answers += self._link.run(some)
        return answers


class _Known:
    """What the entries of sections are that this process has written, as numbers."""

    def __init__(self, indexing: Indexing) -> None:
        self._indexing = indexing
        self._customers: dict[str, tuple[Whose, dict[str, int]]] = {}
        self._sections = 0

    def only_scores(self, change: Change) -> dict[Entry, Score] | None:
        """The scores of the change's entries if no entry comes or goes by it; None where that is not known."""
        known = self._customers.get(change.owner)
        if known is None:
            return None
        whose, signs = known
        scores: dict[Entry, Score] = {}
        for name, value in change.sections.items():
            if not concerns(name):
                continue
            if value is None or name not in signs:
                return None
            asked = self._indexing.of_section(change.owner, name, value, whose)
            if _sign(asked) != signs[name]:
                return None
            scores.update(asked)
        return scores

    def learn(self, change: Change, profile: bytes | None) -> None:
        """The change is about to be written, of a customer whose profile is this one then."""
        whose = whose_customer(profile)
        before = self._customers.get(change.owner)
        signs = before[1] if before is not None and before[0] == whose else {}
        for name, value in change.sections.items():
            if value is None:
                signs.pop(name, None)
            elif concerns(name) and name not in (PROFILE, INTERACTIONS):
                signs[name] = _sign(self._indexing.of_section(change.owner, name, value, whose))
        self._customers[change.owner] = whose, signs
        self._sections += len(change.sections)
        if self._sections > _KNOWN_SECTIONS:
            self._customers.clear()
            self._sections = 0

    def forget(self, owners: Iterable[str]) -> None:
        """Nothing is known of these any more."""
        for owner in owners:
            self._customers.pop(owner, None)


def _sign(asked: Iterable[tuple[Entry, Score]]) -> int:
    return hash(tuple(entry for entry, _ in asked))


_UNSEEN: Final = _Standing(1, False, {}, None, {}, frozenset())


def _standing(answer: Sequence[Any]) -> _Standing:
    outcome, whole, flat, profile, staged, doubted = answer
    return _Standing(
        outcome, bool(whole), _pairs(flat), profile, _pairs(staged), frozenset(_from_words(each) for each in doubted)
    )


def _pairs(flat: Sequence[bytes] | Mapping[bytes, bytes]) -> dict[str, bytes]:
    pairs = flat.items() if isinstance(flat, Mapping) else zip(flat[::2], flat[1::2], strict=True)
    return {name.decode(): value for name, value in pairs}


def _after(found: _Standing, change: Change) -> dict[str, bytes]:
    """The sections looked at as they will be: of a whole view all of them."""
    after = dict(found.sections) if found.whole and found.outcome != _REPLACED else {}
    for name, staged in found.staged.items():
        _put(after, name, None if staged == b"-" else staged[1:])
    for name, value in change.sections.items():
        _put(after, name, value)
    return after


def _put(sections: dict[str, bytes], name: str, value: bytes | None) -> None:
    if value is None:
        sections.pop(name, None)
    else:
        sections[name] = value


def _profile(found: _Standing, sections: Mapping[str, bytes]) -> bytes | None:
    return sections.get(PROFILE) if found.whole else found.profile


def _in_words(entry: Entry) -> str:
    return f"{entry.key}\n{entry.member}"


def _from_words(words: bytes) -> Entry:
    key, _, member = words.decode().partition("\n")
    return Entry(key, member)


def _rounds(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The changes in order, in groups in which no owner stands twice."""
    group: dict[str, Change] = {}
    for change in changes:
        if change.owner in group or len(group) >= _OWNERS_AT_ONCE:
            yield list(group.values())
            group = {}
        group[change.owner] = change
    if group:
        yield list(group.values())


def _parts(members: list[Part], size: int) -> Iterator[list[Part]]:
    for start in range(0, len(members), size):
        yield members[start : start + size]


def _slices(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """The calls in order, in groups small enough for one round trip within the time limit."""
    group: list[Call] = []
    size = 0
    for call in calls:
        group.append(call)
        # Only scripts carry sections; counting what is short would cost more than it is worth.
        if call[0] == "EVALSHA":
            size += sum(len(part) for part in call if type(part) is bytes)
        if len(group) >= _CALLS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield group
            group, size = [], 0
    if group:
        yield group

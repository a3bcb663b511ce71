"""Views and index entries in Redis, kept in step though they stand in different slots and any process may die between.

What a customer's entries are follows from his sections. Before his view changes, what will be new is noted as doubtful
beside it and then added; after it, what is gone is removed and the doubt with it. So an entry that a view asks for
always stands, one that it does not ask for stands only while it is noted, and whoever comes next clears it away.

What stands of a customer is read before his first change. Later ones mostly change amounts alone, by which rankings are
ordered: whether they do is known from what his sections said before, as long as nobody else writes here. An amount is
written whatever the view had, since one that died may have written another, but only where its entry stands, since one
that was frozen may not know that it went; any other score that changes is in doubt like an entry that comes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final, NamedTuple

from connectors.indexing import Entry, Indexing, Ranked, Score, Told, Whose, concerns, told, whose_customer
from connectors.redis_keys import Keys
from connectors.sinks.holding import Change
from connectors.sinks.index_calls import adding, removing
from connectors.sinks.known_facts import Known, KnownFacts
from connectors.sinks.redis_link import Call, RedisLink, Script
from connectors.sinks.standing import APPLIES, FENCED, REPLACES, STALE, Standing, in_words, look
from schemas.views import INTERACTIONS, PARTITION_PREFIX, PROFILE

__all__ = ["SCRIPTS", "RedisViews"]

_APPLY: Final = Script("apply")
_MOVE: Final = Script("move")
_STAGE: Final = Script("stage")
_SWEEP: Final = Script("sweep")
SCRIPTS: Final = (_APPLY, _MOVE, _STAGE, _SWEEP)

_OUTCOMES: Final = {APPLIES: "applied", REPLACES: "applied", STALE: "stale", FENCED: "fenced"}
_OWNERS_AT_ONCE: Final = 1000
_SAYING_MORE: Final = frozenset({PROFILE, INTERACTIONS})
"""Whose entries do not follow from the section alone."""

_Pair = tuple[str, Told | None, Told | None]
"""A section, what it said and what it will say; None where there is none."""


class _Move(NamedTuple):
    """What a change does to the indexes."""

    outcome: int
    amounts: Sequence[Ranked] = ()
    adds: Mapping[Entry, Score] = MappingProxyType({})
    doubted: AbstractSet[Entry] = frozenset()
    """Added, and not asked for like that by the view as it stood."""
    gone: AbstractSet[Entry] = frozenset()
    settled: AbstractSet[Entry] = frozenset()
    """In doubt no longer: what it notes, or found noted, and the view then asks for."""
    plain: bool = False
    """Nothing that is known of stands beside the view, nor will."""

    @property
    def written(self) -> AbstractSet[tuple[str, str]]:
        """The entries whose scores it writes."""
        return {(key, member) for key, _, member in self.amounts} | self.adds.keys()


class RedisViews:
    """The views of one namespace and epoch. Methods raise `Unavailable`; what is known is then in doubt: begin anew."""

    def __init__(self, link: RedisLink, keys: Keys, indexing: Indexing, epoch: int) -> None:
        self._link = link
        self._keys = keys
        self._indexing = indexing
        self._epoch = epoch
        self._known = KnownFacts()

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
        self._link.run(map(self._staging, waiting))

    def remove_older(self, customers: Sequence[str]) -> int:
        """Remove those of these views, with their index entries, that belong to an earlier epoch; how many did."""
        standing = self._look_at_all(customers)
        older = [(each, found) for each, found in zip(customers, standing, strict=True) if found.outcome == REPLACES]
        self._remove(entry for each, found in older for entry in self._standing_entries(each, found) | found.doubted)
        return sum(self._link.run(_SWEEP.call(self._keys_of(each), self._epoch) for each, _ in older))

    def _apply(self, changes: Sequence[Change]) -> Counter[str]:
        moves = self._moves(changes)
        self._link.run(
            ("SADD", self._keys.doubt(change.owner), *map(in_words, move.doubted))
            for change, move in zip(changes, moves, strict=True)
            if move.doubted
        )
        self._add(moves)
        answers = self._brought(changes, moves)
        # Of a view that somebody else has moved on meanwhile, he knows what is gone; what was added is in doubt.
        done = [
            (change, move)
            for change, move, answer in zip(changes, moves, answers, strict=True)
            if answer == move.outcome
        ]
        self._remove(entry for _, move in done for entry in move.gone)
        self._link.run(
            ("SREM", self._keys.doubt(change.owner), *map(in_words, move.gone)) for change, move in done if move.gone
        )
        self._set_right(
            (change.owner, move)
            for change, move, answer in zip(changes, moves, answers, strict=True)
            if answer <= 0 < move.outcome
        )
        self._known.forget(change.owner for change, answer in zip(changes, answers, strict=True) if answer <= 0)
        return Counter(_OUTCOMES[answer] for answer in answers)

    def _set_right(self, refused: Iterable[tuple[str, _Move]]) -> None:
        """Give what was written for these, whose views somebody else had moved on, the scores that they ask for."""
        written = {owner: move.written for owner, move in refused if move.written}
        if not written:
            return
        scores: list[tuple[str, float, str]] = []
        for owner, found in zip(written, self._look_at_all(written), strict=True):
            asked = self._indexing.entries(owner, found.sections, found.profile)
            for (key, member), score in asked.items():
                if score is not None and (key, member) in written[owner]:
                    scores.append((key, score, member))
        self._link.run(adding(scores, "XX"))

    def _brought(self, changes: Sequence[Change], moves: Sequence[_Move]) -> list[int]:
        """The outcome of each change, all that can be applied being so."""
        answers = [move.outcome for move in moves]
        fresh = [at for at, outcome in enumerate(answers) if outcome > 0]
        applied = self._link.run(self._applying(changes[at], moves[at]) for at in fresh)
        for at, answer in zip(fresh, applied, strict=True):
            answers[at] = moves[at].outcome if answer == APPLIES else answer
        return answers

    def _moves(self, changes: Sequence[Change]) -> list[_Move]:
        known = [self._of_known(change) for change in changes]
        unknown = [change for change, move in zip(changes, known, strict=True) if move is None]
        looked = iter(self._look(unknown) if unknown else ())
        return [move or self._of_looked(change, next(looked)) for change, move in zip(changes, known, strict=True)]

    def _look(self, changes: Sequence[Change]) -> list[Standing]:
        return look(self._link.run, self._keys, self._epoch, changes)

    def _look_at_all(self, owners: Iterable[str]) -> list[Standing]:
        """Their whole views, by a change of nothing."""
        return self._look([Change(owner, 0, 0, 0, 0.0) for owner in owners])

    def _of_known(self, change: Change) -> _Move | None:
        """What the change does, where that is known without looking at what stands."""
        if change.owner.startswith(PARTITION_PREFIX):
            return _Move(APPLIES, plain=True)
        known = self._known.of(change.owner)
        if known is None or not _SAYING_MORE.isdisjoint(change.sections):
            return None
        amounts = self._only_amounts(change, known)
        if amounts is not None:
            return _Move(APPLIES, amounts, plain=True)
        changed = [name for name in change.sections if concerns(name)]
        if not known.whole and not known.says.keys() >= set(changed):
            return None
        pairs = [(name, known.told(name), _told(name, change.sections[name])) for name in changed]
        self._known.learn(change.owner, known.whose, {name: after for name, _, after in pairs}, whole=False)
        return self._compared(change.owner, known.whose, pairs)

    def _only_amounts(self, change: Change, known: Known) -> list[Ranked] | None:
        """Where the change moves amounts; None where it does more."""
        moved: list[Ranked] = []
        for name, value in change.sections.items():
            facts = known.says.get(name)
            if facts is None or value is None:
                if concerns(name):
                    return None
                continue
            what = told(name, value)
            if what.facts != facts:
                return None
            moved += self._indexing.rankings(change.owner, name, what, known.whose)
        return moved

    def _of_looked(self, change: Change, found: Standing) -> _Move:
        if found.outcome in (STALE, FENCED):
            # Applied before, perhaps by one that died before it had cleared away what was gone.
            asked = self._standing_entries(change.owner, found) if found.doubted else frozenset()
            return _Move(found.outcome, gone=found.doubted - asked)
        if found.waiting or found.outcome == REPLACES or not _SAYING_MORE.isdisjoint(change.sections):
            return self._worked_out(change, found)
        whose = whose_customer(found.profile)
        pairs = [
            (name, _told(name, found.sections.get(name)), _told(name, value))
            for name, value in change.sections.items()
            if concerns(name)
        ]
        self._known.learn(change.owner, whose, {name: after for name, _, after in pairs}, whole=False)
        return self._compared(change.owner, whose, pairs)

    def _compared(self, customer_id: str, whose: Whose, pairs: Iterable[_Pair]) -> _Move:
        """What becomes of the entries of sections that said one thing and then say another."""
        amounts: list[Ranked] = []
        adds: dict[Entry, Score] = {}
        doubted, gone = set[Entry](), set[Entry]()
        for name, before, after in pairs:
            if before is not None and after is not None and before.facts == after.facts:
                amounts += self._indexing.rankings(customer_id, name, after, whose)
                continue
            old = {} if before is None else dict(self._indexing.of_told(customer_id, name, before, whose))
            new = {} if after is None else dict(self._indexing.of_told(customer_id, name, after, whose))
            # What leads to a section by its name does so before and after alike.
            if before is None or after is None:
                (old if after is None else new).update(self._indexing.of_name(customer_id, name))
            adds |= new
            doubted |= _coming(old, new)
            gone |= old.keys() - new.keys()
        return _Move(APPLIES, amounts, adds, doubted, gone, doubted - gone, plain=not doubted and not gone)

    def _worked_out(self, change: Change, found: Standing) -> _Move:
        """What the change does where it is of the profile or the contacts, or more stands than the view."""
        before, after = found.sections, found.changed_by(change)
        says = {name: told(name, value) for name, value in after.items() if concerns(name)}
        profile, whose = found.profile_among(before), whose_customer(found.profile_among(after))
        simple = found.outcome == APPLIES and not found.waiting
        # What leads to a section by its name does so before and after alike.
        standing = before.keys() & after.keys() if simple else set[str]()
        kept = {name for name in standing if before[name] is after[name]} - _SAYING_MORE
        if whose_customer(profile) != whose:
            kept = set()
        old = self._indexing.entries(change.owner, _without(before, kept), profile, standing)
        new = self._indexing.entries(change.owner, _without(after, kept), found.profile_among(after), standing, says)
        learnt: dict[str, Told | None] = {**dict.fromkeys(change.sections), **says}
        self._known.learn(change.owner, whose, learnt, whole=found.whole)
        doubted = _coming({} if found.outcome == REPLACES else old, new)
        gone = (old.keys() | found.doubted) - new.keys()
        adds = {entry: score for entry, score in new.items() if score is not None or entry in doubted or not simple}
        settled = (doubted | found.doubted) - gone
        return _Move(found.outcome, (), adds, doubted, gone, settled, plain=simple and not doubted and not gone)

    def _standing_entries(self, customer_id: str, found: Standing) -> frozenset[Entry]:
        return frozenset(self._indexing.entries(customer_id, found.sections, found.sections.get(PROFILE)))

    def _applying(self, change: Change, move: _Move) -> Call:
        setting: list[bytes | str] = []
        deleting: list[str] = []
        for section, value in change.sections.items():
            if value is None:
                deleting.append(section)
            else:
                setting += (section, value)
        if move.plain and not deleting:
            return _MOVE.call((self._keys.owner(change.owner),), self._epoch, change.last, *setting)
        counts = len(setting) // 2, len(deleting), len(move.settled)
        notes = map(in_words, (*move.settled, *move.gone))
        return _APPLY.call(self._keys_of(change.owner), self._epoch, change.last, *counts, *setting, *deleting, *notes)

    def _staging(self, change: Change) -> Call:
        keys = [self._keys.owner(change.owner), self._keys.staged(change.owner)]
        values = ((name, b"-" if value is None else b"=" + value) for name, value in change.sections.items())
        return _STAGE.call(keys, self._epoch, change.last, *(part for pair in values for part in pair))

    def _add(self, moves: Sequence[_Move]) -> None:
        amounts = (ranked for move in moves for ranked in move.amounts)
        adds = ((entry.key, score or 0, entry.member) for move in moves for entry, score in move.adds.items())
        self._link.run((*adding(amounts, "XX"), *adding(adds)))

    def _remove(self, entries: Iterable[Entry]) -> None:
        self._link.run(removing(entries))

    def _keys_of(self, owner: str) -> list[str]:
        return [self._keys.owner(owner), self._keys.staged(owner), self._keys.doubt(owner)]


def _told(name: str, value: bytes | None) -> Told | None:
    return None if value is None else told(name, value)


def _coming(old: Mapping[Entry, Score], new: Mapping[Entry, Score]) -> set[Entry]:
    """The entries that come, or get another score."""
    return {entry for entry, score in new.items() if entry not in old or old[entry] != score}


def _without(sections: Mapping[str, bytes], kept: Collection[str]) -> dict[str, bytes]:
    return {name: value for name, value in sections.items() if name not in kept}


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

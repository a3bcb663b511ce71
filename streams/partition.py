"""The pure engine of one partition: records of all input topics in, flushes out. No I/O, no clock, no broker.

Bytes arrive by `receive`, are merged (event clock) or taken as they come (wall clock), folded customer by customer, and
leave as a `Flush`: what one transaction must write. State moves ahead with every `fold`; a flush that did not commit is
taken back with `undo`, newest first. `restorer` and `recovered` build the state from the changelog.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.topics import INPUT_TOPICS
from streams.codec import Malformed
from streams.flush import Flush, Output
from streams.folding import Belongs, Clock, Fold, PartitionConfig
from streams.merge import EventTimeMerge, Item
from streams.poison import PoisonRecord
from streams.records import Record
from streams.rules import Rules
from streams.settling import TooManyDeadLetters
from streams.silence import HandOver, Silence, Successor
from streams.state import NEVER, PartitionState
from streams.stores.memory import MemoryStore
from streams.stores.port import Restore, Store

__all__ = ["Belongs", "Clock", "Flush", "Output", "Partition", "PartitionConfig", "TooManyDeadLetters"]


class Partition:
    """State and fold of one partition."""

    def __init__(self, number: int, config: PartitionConfig, store: Store | None = None) -> None:
        """Without a store the sections are in memory."""
        self.number = number
        self.generation = config.generation
        self.state = PartitionState(MemoryStore() if store is None else store, config.generation)
        self._rules = config.rules
        self._config = config
        self._received: dict[str, int] = {}
        self._merge = EventTimeMerge(INPUT_TOPICS)
        self._ends_met: set[str] = set()
        """Topics of which everything was received."""
        self._silence: Silence | None = None

    @property
    def is_silent(self) -> bool:
        """Whether another generation of the views raises the alerts of what is folded here."""
        silence = self._silence
        if silence is None:
            return False
        return silence.successor is None or self.state.handed_over != silence.successor.switch

    def keep_silent(self, ceilings: Mapping[str, int]) -> None:
        """Fold what lies before these offsets (they may be raised later), and write nothing but views."""
        if self._silence is None:
            self._silence = Silence({})
        self._admit(self._silence.raise_to(ceilings))

    def succeed(self, successor: Successor, ceilings: Mapping[str, int]) -> None:
        """The same once more and for the last time; then take over, and raise alerts from there on."""
        self.keep_silent(ceilings)
        assert self._silence is not None
        self._silence.successor = successor

    @property
    def customers(self) -> Store:
        """Customer number -> section -> bytes at rest."""
        return self.state.customers

    @property
    def clock(self) -> datetime:
        """How far the partition's time is."""
        return self.state.clock

    @property
    def rules(self) -> Rules:
        """By which the next fold judges; exchanged between folds."""
        return self._rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        if rules is not self._rules:
            falls_due_alike = rules.falls_due_as(self._rules)
            self._rules = rules
            if not falls_due_alike:
                self.state.queue_deadlines(rules)

    def restorer(self) -> Restore:
        """What applies changelog records, keys and values; to be called in log order."""
        return self.state.restorer(self._config.topic_ids)

    def recovered(self, positions: Mapping[str, int]) -> None:
        """The changelog is read: begin at `positions` (every input topic), with the deadlines that the views hold."""
        self.begin_at(positions)
        self.customers.recovered()
        if not self.state.is_queued:
            self.state.queue_deadlines(self._rules)

    def begin_at(self, positions: Mapping[str, int]) -> None:
        """Drop what is buffered and take `positions` as the next offsets."""
        self.state.positions = dict(positions)
        self._received = dict(positions)
        self._merge.clear()
        self._ends_met.clear()
        if self._silence is not None:
            self._silence.begin_again()
        if self._config.clock == "wall":
            for topic in INPUT_TOPICS:
                self._merge.set_caught_up(topic, True)

    def receive(self, topic: str, records: Sequence[Record]) -> None:
        """Buffer fetched records of a topic; what was received already is ignored."""
        floor, parse, set_aside = self._received[topic], self._config.door.parse, self._config.set_aside
        items: list[Item] = []
        for record in records:
            if record.offset < floor:
                continue
            if set_aside and (topic, self.number, record.offset) in set_aside:
                items.append((Malformed("set_aside", "an operator set this record aside"), record))
                continue
            try:
                items.append((parse(topic, record.key, record.value), record))
            except Malformed as malformed:
                items.append((malformed, record))
            except Exception as fault:
                raise PoisonRecord(topic, self.number, record.offset, fault) from fault
        if items:
            self._received[topic] = items[-1][1].offset + 1
            self._admit([(topic, items)])

    def set_caught_up(self, topic: str, caught_up: bool) -> None:
        """Whether everything the topic holds has been received. In wall mode no topic waits for another."""
        (self._ends_met.add if caught_up else self._ends_met.discard)(topic)
        self._tell_caught_up(topic)

    def _tell_caught_up(self, topic: str) -> None:
        """What lies beyond the ceiling is as good as not there."""
        silence = self._silence if self.is_silent else None
        at_ceiling = silence is not None and self._received[topic] >= silence.ceilings.get(topic, 0)
        if self._config.clock == "event":
            self._merge.set_caught_up(topic, at_ceiling or topic in self._ends_met)

    def _admit(self, received: Sequence[tuple[str, Sequence[Item]]]) -> None:
        silence = self._silence if self.is_silent else None
        for topic, items in received:
            self._merge.add(topic, items if silence is None else silence.admitted(topic, items))
        for topic in self._received if silence is not None else ():
            self._tell_caught_up(topic)

    @property
    def buffered(self) -> int:
        """Records received and not folded."""
        return sum(map(self.buffered_of, INPUT_TOPICS)) if self.is_silent else len(self._merge)

    def buffered_of(self, topic: str) -> int:
        """Records of one topic received and not folded."""
        kept = 0 if self._silence is None else self._silence.kept_of(topic)
        return self._merge.buffered_of(topic) + kept

    def received(self, topic: str) -> int:
        """The offset after the last record received of a topic."""
        return self._received[topic]

    def waiting_for(self) -> list[str]:
        """Topics that hold back what is buffered."""
        return self._merge.waiting_for() if len(self._merge) else []

    def fold(self, limit: int, wall: datetime) -> Flush | None:
        """Fold at most `limit` records and fire what is due; None when there was nothing to do.

        `wall` is the wall clock: the clock itself in wall mode, in both only stamped into `as_of`.
        """
        if self._silence is not None and self.is_silent:
            return self._fold_silently(self._silence, limit, wall)
        runs = self._merge.release(limit)
        # The clock never moves back, and in event mode it moves by what is folded.
        clock = self.state.clock if self._config.clock == "event" else max(self.state.clock, wall)
        # On the wall's clock it has to be written down from when on a rule is in force; by events no time passes.
        is_news = self._config.clock == "wall" and not self.state.has_admitted(self._rules)
        if not runs and not is_news and not self.state.deadlines.any_due(clock):
            return None
        work = Fold(self.number, self._config, self._rules, self.state, wall, clock)
        work.fold(runs)
        work.fire_due()
        work.finish()
        return work.flush

    def _fold_silently(self, silence: Silence, limit: int, wall: datetime) -> Flush | None:
        if silence.successor is not None and silence.is_reached(self.state.positions):
            return self._hand_over(silence, silence.successor, wall)
        runs = self._merge.release(limit)
        clock = self.state.clock if self._config.clock == "event" else max(self.state.clock, wall)
        if not runs and (self._may_owe_looks(silence) or not self.state.deadlines.any_due(clock)):
            return None
        work = Fold(self.number, self._config, self._rules.silent, self.state, wall, clock, silent=True)
        work.fold(runs)
        work.fire_due()
        work.finish()
        work.flush.silence()
        return work.flush

    def _may_owe_looks(self, silence: Silence) -> bool:
        """Whether nobody else may have raised what falls due: this generation did, until it was switched back.

        The other one may come out of force again before it has taken over here, and then owes nothing. A record to fold
        shows that it has: it went beyond what was folded here.
        """
        return silence.successor is None and self.state.handed_over > NEVER

    def _hand_over(self, silence: Silence, successor: Successor, wall: datetime) -> Flush:
        """A portion of taking over; with the last one the partition is silent no more."""
        published, state = successor.published, self.state
        if silence.hand_over is None:
            at = state.clock if published is None else max(state.clock, published.clock)
            silence.hand_over = HandOver(at, iter([] if published is None else sorted(published.customers)))
        hand_over = silence.hand_over
        work = Fold(self.number, self._config, self._rules.silent, state, wall, hand_over.at, silent=True)
        if published is not None and not hand_over.is_fired and state.deadlines.any_due(hand_over.at):
            work.fire_due()
        else:
            hand_over.is_fired = True
            portion = hand_over.portion()
            if published is not None and portion:
                work.adopt(portion, published)
            else:
                self._end_silence(silence, successor)
                silence.last = work.flush
        work.finish()
        work.flush.silence()
        return work.flush

    def _end_silence(self, silence: Silence, successor: Successor) -> None:
        published, state = successor.published, self.state
        if published is not None:
            state.counts, state.in_force = dict(published.counts), dict(published.in_force)
        state.handed_over = successor.switch
        self._admit(silence.released())
        for topic in INPUT_TOPICS:
            self._tell_caught_up(topic)

    def committed(self, flush: Flush) -> None:
        """A flush is committed: what it wrote may be stored. In the order of the flushes; raises StoreFailed."""
        if self._silence is not None and self._silence.last is flush:
            # It can't be taken back any more, so what it adopted need not be kept.
            self._silence = None
        self.state.customers.committed(flush)

    def undo(self, flush: Flush) -> None:
        """Take a flush back that did not commit; the newest first. Call `begin_at` with committed positions after."""
        self.state.undo(flush, self._rules)

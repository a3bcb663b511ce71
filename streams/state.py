"""What a partition holds: sections at rest, clock, counters, positions and the queue of deadlines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import orjson

from schemas.generations import FIRST
from schemas.topics import CUSTOMER_VIEWS
from schemas.views import DEADLINES, STATE_FORMAT
from streams.deadlines import DeadlineQueue
from streams.flush import Before, Flush
from streams.rules import Rules
from streams.stores.port import Restore, Store
from streams.view import Section, View

__all__ = ["NEVER", "START", "NewerState", "PartitionState"]

_NO_DEADLINES: Final = b'{"due":{}}'

START: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
"""What the event clock of a partition shows before its first record."""

NEVER: Final = -1
"""What a partition has followed that never raised an alert."""


class NewerState(Exception):
    """The views were written by a later version of c360, whose sections this one might misread."""


class PartitionState:
    """Everything that a flush moves, and that `undo` moves back."""

    format: Final = STATE_FORMAT
    """Told with the progress, so that an older worker stops at views that it might misread."""

    def __init__(self, store: Store, generation: int = FIRST) -> None:
        self.customers = store
        """Customer number -> section -> bytes at rest."""
        self.handed_over = 0 if generation == FIRST else NEVER
        """The switch of generations since which this partition's alerts are raised here."""
        self.written_format: int | None = None
        """The state format of what was restored; None: nothing was."""
        self.clock: datetime = START
        self.counts: dict[str, int] = {"folded": 0, "late": 0, "dead": 0}
        self.applied: dict[str, int] = {}
        """Input topic -> offset of the newest record folded, of the topic that stands now."""
        self.positions: dict[str, int] = {}
        """Input topic -> next offset to fold."""
        self.has_progress = False
        """Whether the changelog knew of this partition."""
        self.in_force: dict[str, datetime] = {}
        """Rule on what comes again -> the clock at which it came into force."""
        self.deadlines = DeadlineQueue()
        self.is_queued = False
        """Whether the queue is that of the sections: restoring leaves it behind, folding moves it with them."""
        self.dead_in_a_row = 0

    @property
    def sections(self) -> int:
        """How many sections there are."""
        return self.customers.sections

    def restorer(self, topic_ids: Mapping[str, str]) -> Restore:
        """What applies changelog records; to be called in log order, for millions of them."""

        def on_progress(value: bytes | None) -> None:
            if value is not None:
                self._restore_progress(value, topic_ids)

        on_progress(self.customers.progress)
        apply = self.customers.restorer(on_progress)

        def restore(keys: Sequence[bytes], values: Sequence[bytes | None]) -> None:
            self.is_queued = False
            apply(keys, values)

        return restore

    def _restore_progress(self, value: bytes, topic_ids: Mapping[str, str]) -> None:
        progress: Section = orjson.loads(value)
        self.written_format = progress.get("format", 1)
        if self.written_format > STATE_FORMAT:
            raise NewerState(
                f"{CUSTOMER_VIEWS} was written by a newer c360 (state format {self.written_format}, this worker knows "
                f"{STATE_FORMAT}): upgrade this worker. Workers of the older version can't go on with its views."
            )
        self.take_progress(progress, topic_ids)

    def take_progress(self, progress: Section, topic_ids: Mapping[str, str]) -> None:
        """Stand where a partition's progress says, whoever wrote it."""
        self.has_progress = True
        self.handed_over = progress.get("handed_over", self.handed_over)
        if progress["clock_at"] is not None:
            self.clock = datetime.fromisoformat(progress["clock_at"])
        self.counts = dict(progress["counts"])
        self.in_force = {id_: datetime.fromisoformat(at) for id_, at in progress.get("in_force", {}).items()}
        # Offsets of a topic that was deleted and created again mean nothing in the new one.
        self.applied = {
            topic: offset
            for topic, (topic_id, offset) in progress["applied"].items()
            if topic_ids.get(topic) == topic_id
        }

    def has_admitted(self, rules: Rules) -> bool:
        """Whether no rule on what comes again is new."""
        return rules.of_what_comes_again <= self.in_force.keys()

    def admit(self, rules: Rules, clock: datetime) -> None:
        """These rules are in force, the new ones from `clock` on."""
        before = self.in_force
        self.in_force = {rule_id: before.get(rule_id, clock) for rule_id in sorted(rules.of_what_comes_again)}

    def queue_deadlines(self, rules: Rules) -> None:
        """Build the queue anew by `rules`, from the sections `deadlines`; nothing else is decoded."""
        self.deadlines.clear()
        for customer_id, raw in self.customers.deadlines():
            self._queue(customer_id, raw, rules)
        self.is_queued = True

    def _queue(self, customer_id: str, raw: bytes | None, rules: Rules) -> None:
        parts = {} if raw is None or raw == _NO_DEADLINES else orjson.loads(raw)["due"]
        due = (rules.due_at_of(key, part) for key, part in parts.items())
        self.deadlines.set(customer_id, min((at for at in due if at is not None), default=None))

    def put(self, customer_id: str, section: str, raw: bytes | None) -> None:
        """Replace a section at rest; None removes it."""
        self.customers.put(customer_id, section, raw)

    def take(self, view: View, encoded: Mapping[str, bytes], before: Before) -> None:
        """Make what a step changed the state, and keep what it replaced."""
        if encoded:
            before.sections.extend(self.customers.replace(view.customer_id, encoded))

    def view(self, customer_id: str) -> View:
        """The customer's view, to step.

        What a step decodes is dropped with it: dicts that are kept lie scattered by the time they are wanted again, and
        walking and freeing them costs more than decoding bytes that lie together.
        """
        return View(customer_id, self.customers.open(customer_id))

    def before(self) -> Before:
        """What `undo` will need, but for the sections and deadlines that the fold replaces."""
        return Before(
            self.clock, dict(self.counts), dict(self.applied), self.dead_in_a_row, self.in_force, self.handed_over
        )

    def undo(self, flush: Flush, rules: Rules) -> None:
        """Take a flush back; the newest first. Deadlines fall due by the rules given, whichever it was folded by."""
        before = flush.before
        for customer_id, section, raw in reversed(before.sections):
            self.customers.put(customer_id, section, raw)
        for customer_id in before.due:
            self._queue(customer_id, self.customers.open(customer_id).get(DEADLINES), rules)
        self.clock, self.counts, self.applied = before.clock, before.counts, before.applied
        self.in_force, self.handed_over = before.in_force, before.handed_over
        self.dead_in_a_row = before.dead_in_a_row

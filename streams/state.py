"""What a partition holds: sections at rest, clock, counters, positions and the queue of deadlines."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import orjson

from schemas.views import DEADLINES, PARTITION_PREFIX, PROFILE, SUMMARY
from streams.deadlines import DeadlineQueue
from streams.flush import Before, Flush
from streams.rules import Rules
from streams.view import Section, View

__all__ = ["START", "PartitionState"]

_NO_DEADLINES: Final = b'{"due":{}}'

_NOTHING: Final[Mapping[str, bytes]] = {}

_PARTITION_PREFIX: Final = PARTITION_PREFIX.encode()
# A million customers share the text of the names that all of them have.
_SHARED_NAMES: Final = {name.encode(): name for name in (PROFILE, SUMMARY, DEADLINES)}

START: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
"""What the event clock of a partition shows before its first record."""


class PartitionState:
    """Everything that a flush moves, and that `undo` moves back."""

    def __init__(self) -> None:
        self.customers: dict[str, dict[str, bytes]] = {}
        """Customer number -> section -> bytes at rest: the packing that costs a fold least (ADR 0010)."""
        self.clock: datetime = START
        self.counts: dict[str, int] = {"folded": 0, "late": 0, "dead": 0}
        self.applied: dict[str, int] = {}
        """Input topic -> offset of the newest record folded, of the topic that stands now."""
        self.positions: dict[str, int] = {}
        """Input topic -> next offset to fold."""
        self.has_progress = False
        """Whether the changelog knew of this partition."""
        self.deadlines = DeadlineQueue()
        self.dead_in_a_row = 0
        self.sections = 0

    def restorer(self, topic_ids: Mapping[str, str]) -> Callable[[bytes, bytes | None], None]:
        """What applies one changelog record; to be called in log order, for millions of them."""
        customers, prefix, names = self.customers, _PARTITION_PREFIX, _SHARED_NAMES

        def restore(key: bytes, value: bytes | None) -> None:
            owner, _, name = key.partition(b"/")
            if owner.startswith(prefix):
                self._restore_progress(value, topic_ids)
                return
            customer_id = owner.decode()
            section = names.get(name) or name.decode()
            sections = customers.get(customer_id)
            if value is None:
                self.put(customer_id, section, None)
            elif sections is None:
                customers[customer_id] = {section: value}
                self.sections += 1
            else:
                self.sections += section not in sections
                sections[section] = value

        return restore

    def _restore_progress(self, value: bytes | None, topic_ids: Mapping[str, str]) -> None:
        if value is None:
            return
        progress: Section = orjson.loads(value)
        self.has_progress = True
        if progress["clock_at"] is not None:
            self.clock = datetime.fromisoformat(progress["clock_at"])
        self.counts = dict(progress["counts"])
        # Offsets of a topic that was deleted and created again mean nothing in the new one.
        self.applied = {
            topic: offset
            for topic, (topic_id, offset) in progress["applied"].items()
            if topic_ids.get(topic) == topic_id
        }

    def queue_deadlines(self, rules: Rules) -> None:
        """Build the queue anew by `rules`, from the sections `deadlines`; nothing else is decoded."""
        self.deadlines.clear()
        for customer_id in self.customers:
            self._queue(customer_id, rules)

    def _queue(self, customer_id: str, rules: Rules) -> None:
        raw = self.customers.get(customer_id, _NOTHING).get(DEADLINES)
        parts = {} if raw is None or raw == _NO_DEADLINES else orjson.loads(raw)["due"]
        due = (rules.due_at_of(key, part) for key, part in parts.items())
        self.deadlines.set(customer_id, min((at for at in due if at is not None), default=None))

    def put(self, customer_id: str, section: str, raw: bytes | None) -> None:
        """Replace a section at rest; None removes it."""
        sections = self.customers.setdefault(customer_id, {})
        count = len(sections)
        if raw is not None:
            sections[section] = raw
        else:
            sections.pop(section, None)
        self.sections += len(sections) - count
        if not sections:
            del self.customers[customer_id]

    def take(self, view: View, encoded: Mapping[str, bytes], before: Before) -> None:
        """Make what a step changed the state, and keep what it replaced."""
        if not encoded:
            return
        customer_id, replaced = view.customer_id, before.sections
        at_rest = self.customers.get(customer_id)
        if at_rest is None:
            at_rest = self.customers[customer_id] = {}
        count = len(at_rest)
        for name, raw in encoded.items():
            replaced.append((customer_id, name, at_rest.get(name)))
            at_rest[name] = raw
        self.sections += len(at_rest) - count

    def view(self, customer_id: str) -> View:
        """The customer's view, to step.

        What a step decodes is dropped with it: dicts that are kept lie scattered by the time they are wanted again, and
        walking and freeing them costs more than decoding bytes that lie together.
        """
        return View(customer_id, self.customers.get(customer_id, _NOTHING))

    def before(self) -> Before:
        """What `undo` will need, but for the sections and deadlines that the fold replaces."""
        return Before(self.clock, dict(self.counts), dict(self.applied), self.dead_in_a_row)

    def undo(self, flush: Flush, rules: Rules) -> None:
        """Take a flush back; the newest first. Deadlines fall due by the rules given, whichever it was folded by."""
        before = flush.before
        for customer_id, section, raw in reversed(before.sections):
            self.put(customer_id, section, raw)
        for customer_id in before.due:
            self._queue(customer_id, rules)
        self.clock, self.counts, self.applied = before.clock, before.counts, before.applied
        self.dead_in_a_row = before.dead_in_a_row

"""One folded event as the heart passes it on: the record that told it, and the section it changed."""

from datetime import datetime
from typing import Any, NamedTuple

from schemas.events import CustomerScoped
from streams.records import Record
from streams.view import Section, View

__all__ = ["Arrival", "Change"]


class Arrival(NamedTuple):
    """An event with its position, and the partition's clock when it is folded."""

    event: CustomerScoped
    topic: str
    topic_id: str
    partition: int
    offset: int
    at: datetime
    record: Record | None = None
    """The record itself, for the caller to find again: a step does not look at it."""


class Change:
    """What an event did to its section: all that a rule, or a statement of deadlines, may look at.

    `after` is the section as it stands now; `view` gives all sections of the customer. Nothing may be changed in place.
    """

    __slots__ = ("after", "arrival", "before", "event", "section_name", "view")

    def __init__(self, arrival: Arrival, section_name: str, before: Section | None, after: Section, view: View) -> None:
        self.arrival = arrival
        self.event: Any = arrival.event
        """Of one of the types that the rule watches."""
        self.section_name = section_name
        self.before = before
        self.after = after
        self.view = view

    @property
    def position(self) -> list[Any]:
        """[topic, partition, offset] of the event's record."""
        arrival = self.arrival
        return [arrival.topic, arrival.partition, arrival.offset]

    def states_newer(self, fact: str) -> bool:
        """Whether the event stated `fact` (a name in the section's `order`) newer than it was held.

        Levels are judged only then: an older state that comes late says nothing about now.
        """
        held = -1 if self.before is None else self.before["order"].get(fact, -1)
        return bool(self.after["order"].get(fact, -1) > held)

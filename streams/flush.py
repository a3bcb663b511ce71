"""What one fold leaves behind: records to write in one transaction, positions, and what it replaced."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

__all__ = ["Before", "Flush", "Output"]


class Output(NamedTuple):
    """A record to write, in the flush's own partition. `timestamp_ms` is that of the record which caused it."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int


@dataclass(slots=True)
class Before:
    """What a fold replaced: references to the old bytes, enough to take it back."""

    clock: datetime
    counts: dict[str, int]
    applied: dict[str, int]
    dead_in_a_row: int
    in_force: dict[str, datetime] = field(default_factory=dict)
    handed_over: int = 0
    sections: list[tuple[str, str, bytes | None]] = field(default_factory=list)
    due: list[str] = field(default_factory=list)
    """Customers whose next deadline became another."""


@dataclass(slots=True)
class Flush:
    """What one fold did: all of it becomes visible together, or none."""

    partition: int
    before: Before
    alerts: list[Output] = field(default_factory=list)
    asides: list[Output] = field(default_factory=list)
    sections: list[Output] = field(default_factory=list)
    """Changelog records; of a customer the summary last, the partition's progress last of all."""
    positions: dict[str, int] = field(default_factory=dict)
    """Input topic -> next offset, for every input topic: also when nothing moved, it is what fences the flush."""
    changelog_position: int | None = None
    """Offset of the changelog right after the flush's own records; the sink tells it, None where it can't."""
    records: int = 0
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """(topic, folded | late | refused | redelivered | dead) -> records."""
    timestamps_ms: list[int] = field(default_factory=list)
    """Of the records folded."""
    newest: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)
    """Input topic -> timestamp of the last record folded, and its event time; None when it was malformed."""
    deadlines_fired: int = 0
    """Customers whose deadlines fell due without a record of theirs."""
    alert_kinds: list[tuple[str, str]] = field(default_factory=list)
    """(kind, change) of each alert record."""
    dead_reasons: list[str] = field(default_factory=list)

    def silence(self) -> None:
        """Keep to views and positions: what else this flush would say was said by another generation."""
        self.alerts.clear()
        self.alert_kinds.clear()
        self.asides.clear()
        self.dead_reasons.clear()

"""What becomes of the records of a fold: counted, each once, and set aside where they could not be folded."""

from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.topics import ALERT_ACTIONS, DEAD_LETTERS, LATE_EVENTS
from streams.change import Arrival
from streams.codec import LARGEST_KEY, Malformed, set_aside
from streams.flush import Flush, Output
from streams.merge import Run
from streams.records import Record
from streams.state import PartitionState
from streams.step import FOLDED, Outcome

__all__ = ["Settling", "TooManyDeadLetters", "record_of"]

# How an outcome counts in the partition's progress: produced = folded + late + dead.
_COUNTED_AS = {"folded": "folded", "redelivered": "folded", "late": "late", "refused": "dead", "dead": "dead"}


class TooManyDeadLetters(Exception):
    """So many records in a row could not be folded that the partition stops instead of setting all aside."""


class Settling:
    """Moves the counts of `state`, and fills those and the asides of `flush`; used for one fold."""

    def __init__(
        self, number: int, state: PartitionState, flush: Flush, wall: datetime, *, silent: bool = False
    ) -> None:
        """A `silent` one minds no action on an alert that another generation of the views has raised."""
        self._number = number
        self._state = state
        self._wall = wall
        self._dead_at: dict[tuple[str, int], Malformed] = {}
        self._flush = flush
        self._is_silent = silent

    def count_folded(self, topic: str, records: Sequence[Record]) -> None:
        """Every record counts as folded until something else becomes of it; and once, however often it is delivered."""
        flush, applied = self._flush, self._state.applied.get(topic, -1)
        flush.records += len(records)
        flush.timestamps_ms += [record.timestamp for record in records]
        flush.positions[topic] = records[-1].offset + 1
        flush.counts[topic, "folded"] = flush.counts.get((topic, "folded"), 0) + len(records)
        is_new = records[0].offset > applied
        self._state.counts["folded"] += len(records) if is_new else sum(record.offset > applied for record in records)

    def settle_all(self, arrivals: Sequence[Arrival], outcomes: Sequence[Outcome]) -> int:
        """See to those that were not folded; the newest timestamp."""
        if outcomes.count(FOLDED) != len(outcomes):
            for arrival, outcome in zip(arrivals, outcomes, strict=True):
                if outcome is not FOLDED:
                    self._settle(arrival.topic, record_of(arrival), outcome)
        return max((record_of(arrival).timestamp for arrival in arrivals), default=0)

    def _settle(self, topic: str, record: Record, outcome: Outcome) -> None:
        """Something else than being folded became of a record."""
        if outcome.kind == "refused":
            if self._is_silent and topic == ALERT_ACTIONS:
                # The alert is in the other generation's view, and what became of it will be adopted.
                return
            self.dead(topic, record, Malformed("refused", outcome.error or "refused"))
            return
        self._count_instead(topic, record, outcome.kind)
        if outcome.kind == "late":
            self._aside(LATE_EVENTS, topic, record, "late", outcome.error or "late")

    def dead(self, topic: str, record: Record, malformed: Malformed) -> None:
        """It can't be folded, or was refused."""
        self._count_instead(topic, record, "refused" if malformed.reason == "refused" else "dead")
        self._flush.dead_reasons.append(malformed.reason)
        self._dead_at[topic, record.offset] = malformed
        self._aside(DEAD_LETTERS, topic, record, malformed.reason, malformed.error)

    def limit_dead(self, runs: Sequence[Run], limit: int) -> None:
        """Count the dead letters in a row, in merged order: steps settle their records customer by customer."""
        state = self._state
        if not self._dead_at:
            state.dead_in_a_row = 0 if runs else state.dead_in_a_row
            return
        for topic, offset in ((topic, record.offset) for topic, items in runs for _, record in items):
            malformed = self._dead_at.get((topic, offset))
            state.dead_in_a_row = 0 if malformed is None else state.dead_in_a_row + 1
            if malformed is not None and state.dead_in_a_row >= limit:
                raise TooManyDeadLetters(
                    f"{limit} records in a row of partition {self._number} could not be folded, the last one at "
                    f"{topic} offset {offset}: {malformed.error}. "
                    "Mend the source, or raise dead_letter_limit."
                )

    def _count_instead(self, topic: str, record: Record, outcome: str) -> None:
        state, counts = self._state, self._flush.counts
        counts[topic, "folded"] -= 1
        counts[topic, outcome] = counts.get((topic, outcome), 0) + 1
        if self._is_new(topic, record):
            state.counts["folded"] -= 1
            state.counts[_COUNTED_AS[outcome]] += 1

    def _is_new(self, topic: str, record: Record) -> bool:
        return record.offset > self._state.applied.get(topic, -1)

    def _aside(self, aside: str, topic: str, record: Record, reason: str, error: str) -> None:
        # Delivered again: it was set aside before the progress that tells so was written.
        if not self._is_new(topic, record):
            return
        value = set_aside(
            topic=topic,
            partition=self._number,
            offset=record.offset,
            reason=reason,
            error=error,
            key=record.key,
            value=record.value,
            recorded_at=self._wall.astimezone(UTC),
        )
        key = None if record.key is None or len(record.key) > LARGEST_KEY else record.key
        self._flush.asides.append(Output(aside, key, value, record.timestamp))


def record_of(arrival: Arrival) -> Record:
    """The record that told it: every arrival of a fold has one."""
    assert arrival.record is not None
    return arrival.record

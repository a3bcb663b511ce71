"""The generations of the views as a worker meets them when it takes partitions over.

A worker serves one generation, for life. It looks which one is in force after it has joined its group, so a switch that
it does not see yet is a switch whose record was written after it joined; and whoever takes over from it waits until its
group is empty, after that record. So nothing it does after that can commit.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from time import monotonic
from typing import Final

from pydantic import ValidationError

from schemas.generations import GENERATIONS_KEY, ViewGenerations, views_topic
from schemas.topics import INPUT_TOPICS, VIEW_GENERATIONS
from schemas.views import STATE_FORMAT
from streams.adoption import Changelog
from streams.lane.positions import BrokerReader, RecoveryStopped
from streams.partition import Partition
from streams.silence import Successor

__all__ = ["Generations", "NotInForce", "OtherFormat"]

logger = logging.getLogger("c360.lane")

_TELL_EVERY_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.2

Stop = Callable[[], bool]
Ceilings = dict[int, dict[str, int]]
"""Partition -> topic -> offset before which everything was folded by the other generation."""


class NotInForce(Exception):
    """Another generation of the views is in force: this worker's partitions are not for it."""


class OtherFormat(Exception):
    """While two generations stand, each is served by the version of c360 that wrote it."""


class Generations:
    """Asked in the thread of the take-over, and there only."""

    def __init__(
        self,
        number: int,
        reader_of: Callable[[int, Stop], BrokerReader],
        topic_ids: Mapping[str, str],
        *,
        builds: bool = False,
    ) -> None:
        """`number` is the one served; with `builds` also while another one is in force.

        `reader_of` makes the reader of a generation's positions and views.
        """
        self.number = number
        self.builds = builds
        self._reader_of = reader_of
        self._topic_ids = topic_ids
        self._in_force = number
        self._asking: BrokerReader | None = None

    def succeed(self, reader: BrokerReader, partitions: Mapping[int, Partition], should_stop: Stop) -> None:
        """Make each partition silent, or take over, or neither, as the generations stand now.

        Raises NotInForce, or OtherFormat.
        """
        standing = self._standing(reader)
        if standing is None:
            return
        self._check_format(standing, partitions)
        if standing.in_force != self.number:
            if not self.builds or standing.other != self.number:
                raise NotInForce(f"generation {standing.in_force} of the views is in force, not {self.number}")
            self._in_force = standing.in_force
            for number, ceilings in self.ceilings(sorted(partitions)).items():
                partitions[number].keep_silent(ceilings)
            return
        behind = {n: p for n, p in partitions.items() if p.state.handed_over != standing.switches}
        if behind and standing.other is not None:
            self._take_over(standing.other, standing.switches, behind, should_stop)
            return
        for partition in behind.values():
            # A generation is dropped only after the other one has taken over: these views were lost since.
            partition.succeed(Successor(standing.switches, None), {})

    def ceilings(self, numbers: Sequence[int]) -> Ceilings:
        """How far the generation in force has folded and committed."""
        if self._asking is None:
            self._asking = self._reader_of(self._in_force, lambda: False)
        return _ceilings(self._asking, numbers)

    def close(self) -> None:
        """Let go of the connection."""
        if self._asking is not None:
            self._asking.close()
            self._asking = None

    def _standing(self, reader: BrokerReader) -> ViewGenerations | None:
        """What the newest record says; None where there never was a second generation."""
        found: list[bytes | None] = []

        def restore(keys: Sequence[bytes], values: Sequence[bytes | None]) -> None:
            found.extend(value for key, value in zip(keys, values, strict=True) if key == GENERATIONS_KEY)

        topic = [(VIEW_GENERATIONS, 0)]
        begins, ends = reader.begins(topic), reader.ends(topic)
        reader.read(VIEW_GENERATIONS, {0: begins[topic[0]]}, {0: ends[topic[0]]}, {0: restore}, _no_progress)
        newest = found[-1] if found else None
        if newest is None:
            return None
        try:
            return ViewGenerations.model_validate_json(newest)
        except ValidationError as error:
            raise NotInForce(f"the newest record of {VIEW_GENERATIONS} can't be read: {error}") from error

    def _check_format(self, standing: ViewGenerations, partitions: Mapping[int, Partition]) -> None:
        # A partition in which nothing happened since an upgrade shows the older one.
        written = {p.state.written_format for p in partitions.values()} - {None}
        if standing.other is not None and written and STATE_FORMAT not in written:
            raise OtherFormat(
                f"Generation {self.number} of the views is of state format {written.pop()}, and this worker writes "
                f"{STATE_FORMAT}. While generation {standing.other} stands beside it, start the version of c360 that "
                "wrote it; or drop the other one (`c360 rebuild drop`), and this version goes on with these views."
            )

    def _take_over(self, other: int, switch: int, partitions: Mapping[int, Partition], should_stop: Stop) -> None:
        reader = self._reader_of(other, should_stop)
        try:
            _await_end(reader, other, should_stop)
            ceilings = _ceilings(reader, sorted(partitions))
            found = self._read(reader, other, sorted(partitions))
        finally:
            reader.close()
        for number, partition in partitions.items():
            changelog = found[number]
            if changelog.handed_over > partition.state.handed_over:
                partition.succeed(Successor(switch, changelog.published()), ceilings[number])
            else:
                # The other one was in force, but never raised an alert here.
                partition.succeed(Successor(switch, None), {})

    def _read(self, reader: BrokerReader, other: int, numbers: Sequence[int]) -> dict[int, Changelog]:
        """Partition -> what the other generation holds of it."""
        topic = views_topic(other)
        log = [(topic, number) for number in numbers]
        starts = {number: begin for (_, number), begin in reader.begins(log).items()}
        ends = {number: end for (_, number), end in reader.ends(log).items()}
        logs = {number: Changelog(number, other, self._topic_ids) for number in numbers}
        reader.read(topic, starts, ends, {number: log.restore for number, log in logs.items()}, _no_progress)
        return logs


def _ceilings(reader: BrokerReader, numbers: Sequence[int]) -> Ceilings:
    inputs = [(topic, number) for topic in INPUT_TOPICS for number in numbers]
    committed = reader.committed(inputs)
    return {number: {topic: committed[topic, number] or 0 for topic in INPUT_TOPICS} for number in numbers}


def _await_end(reader: BrokerReader, other: int, should_stop: Stop) -> None:
    """Wait until the other generation's group has no member: none can commit any more, and who joins looks first."""
    told_at = float("-inf")
    pause = Event()
    while members := reader.members():
        if should_stop():
            raise RecoveryStopped
        if monotonic() - told_at >= _TELL_EVERY_S:
            told_at = monotonic()
            logger.warning(
                "Waiting for the workers of generation %s of the views to end (%s): those of this version do so by "
                "themselves, others have to be stopped. Nothing is folded meanwhile.",
                other,
                ", ".join(members),
            )
        pause.wait(_LOOK_EVERY_S)


def _no_progress(_counts: Mapping[int, int], _positions: Mapping[int, int]) -> None:
    """Nobody is told."""

"""Taking partitions over: positions first, then the changelog up to its watermark, then the partitions stand."""

import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Final

from schemas.generations import views_topic
from schemas.topics import INPUT_TOPICS
from streams.folding import PartitionConfig
from streams.lane.generations import Generations
from streams.lane.memory import give_back
from streams.lane.positions import BrokerReader
from streams.lane.progress import RecoveryProgress
from streams.lane.sinks import OutcomeUnknown
from streams.lane.standby import Standby
from streams.partition import Partition
from streams.ports import RecoveryMetrics
from streams.stores.memory import MemoryStore
from streams.stores.port import Store, StoreFailed

__all__ = ["TakeOver", "start_position"]

logger = logging.getLogger("c360.lane")

IN_DOUBT: Final = (
    "What is held of partition %s is at offset %s, but %s holds only offsets %s to %s: it is dropped and read again."
)

BEGINS_LATE: Final = (
    "%s partition %s begins at offset %s: records before it were deleted, not compacted, and views that only they held "
    "are gone. Set the topic's cleanup.policy to compact alone; to have those views back, fold everything again."
)


class TakeOver:
    """Rebuilds partitions; runs in a thread of its own and touches nothing but the partitions it makes."""

    def __init__(
        self,
        config: PartitionConfig,
        reader: Callable[[Callable[[], bool]], BrokerReader],
        metrics: RecoveryMetrics,
        generations: Generations | None = None,
    ) -> None:
        """`reader` makes the broker's reader, given what tells it to stop; without `generations` there is but one."""
        self.store_of: Callable[[int], Store] = lambda _number: MemoryStore()
        """Makes the store of a partition's sections."""
        self._views = views_topic(config.generation)
        self._generations = generations
        self._standby = Standby(reader, metrics, self._views)
        self._config = config
        self._reader = reader
        self._metrics = metrics
        self._held: dict[int, Partition] = {}
        """The partitions taken over before, each as its last committed flush left it."""

    def run(
        self, numbers: Sequence[int], should_stop: Callable[[], bool], standbys: Sequence[int] = ()
    ) -> tuple[dict[int, Partition], int]:
        """The partitions, ready to fold, and how many changelog records were read.

        Of `standbys` copies are kept from now on, until the next call.
        Raises RecoveryStopped, Unreadable, NotInForce, OtherFormat, or OutcomeUnknown when positions and changelog
        contradict each other.
        """
        started = monotonic()
        self._standby.stop()
        self._hold({*numbers, *standbys})
        if not self._held:
            return {}, 0
        reader = self._reader(should_stop)
        try:
            inputs = [(topic, number) for topic in INPUT_TOPICS for number in numbers]
            committed = reader.committed(inputs)
            progress = self._restore(reader, numbers, started)
            begins, ends = reader.begins(inputs), reader.ends(inputs)
            partitions = {number: self._held[number] for number in numbers}
            if self._generations is not None:
                self._generations.succeed(reader, partitions, should_stop)
        finally:
            reader.close()
        for number, partition in partitions.items():
            partition.recovered(
                {
                    topic: start_position(
                        partition,
                        topic,
                        committed[topic, number],
                        begins[topic, number],
                        ends[topic, number] if reader.ends_are_exact else None,
                    )
                    for topic in INPUT_TOPICS
                }
            )
        progress.end(monotonic())
        if progress.records:
            give_back()
        self._standby.follow({number: self._held[number] for number in standbys})
        return partitions, progress.records

    def _hold(self, numbers: set[int]) -> None:
        """Hold these and no others; what was held before goes on from where it is."""
        for number in self._held.keys() - numbers:
            self._held.pop(number).customers.close()
        for number in numbers - self._held.keys():
            self._held[number] = Partition(number, self._config, self.store_of(number))

    def forget(self) -> None:
        """Drop what is held: it is ahead of what was committed."""
        self._standby.stop()
        for partition in self._held.values():
            partition.customers.close()
        self._held = {}

    def close(self) -> None:
        """Let go of the stores; one that can't be brought to disk is brought up to date by the next start."""
        if self._generations is not None:
            self._generations.close()
        try:
            self.forget()
        except StoreFailed as exc:
            logger.warning("Closing: %s", exc)

    def _restore(self, reader: BrokerReader, numbers: Sequence[int], started: float) -> RecoveryProgress:
        log = [(self._views, number) for number in self._held]
        ends = {number: end for (_, number), end in reader.ends(log).items()}
        begins = {number: begin for (_, number), begin in reader.begins(log).items()}
        for number, begin in begins.items():
            if begin:
                logger.warning(BEGINS_LATE, self._views, number, begin)
        # Of warm copies, too, what is in doubt is dropped now.
        starts = {number: self._start(number, begins[number], ends[number]) for number in self._held}
        ends = {number: ends[number] for number in numbers}
        progress = RecoveryProgress(starts, ends, self._metrics, started)

        def on_progress(counts: Mapping[int, int], positions: Mapping[int, int]) -> None:
            for number, position in positions.items():
                self._held[number].customers.restored(position)
            line = progress.read(counts, positions, monotonic())
            if line is not None:
                logger.info(line)

        restore = {number: self._held[number].restorer() for number in numbers}
        reader.read(self._views, starts, ends, restore, on_progress)
        return progress

    def _start(self, number: int, begin: int, end: int) -> int:
        """Where the changelog is read on: at the position of what is held, unless that contradicts the changelog."""
        store = self._held[number].customers
        if store.position > end or 0 < store.position < begin:
            logger.warning(IN_DOUBT, number, store.position, self._views, begin, end)
            store.wipe()
            store.close()
            self._held[number] = Partition(number, self._config, self.store_of(number))
            return begin
        return max(begin, store.position)


def start_position(partition: Partition, topic: str, committed: int | None, begin: int, end: int | None) -> int:
    """Where to go on in `topic`: after what the views have folded, or at the committed position, or at the start.

    On brokers with transactions the first two are the same. Without them the views may be ahead of the positions
    (which are committed last), never behind.
    Raises OutcomeUnknown when positions are committed but the changelog knows of no progress, and when the views have
    folded more than the topic holds (`end`; None: not known).
    """
    views = views_topic(partition.generation)
    if committed is not None and committed > begin and not partition.state.has_progress:
        raise OutcomeUnknown(
            f"group positions say that {topic} partition {partition.number} is folded up to {committed}, but "
            f"{views} holds no progress of that partition: the changelog was lost or recreated. Restore it, "
            "or delete the consumer group's offsets to fold everything again."
        )
    applied = partition.state.applied.get(topic)
    if applied is None:
        return begin
    if end is not None and applied >= end:
        raise OutcomeUnknown(
            f"{views} has folded {topic} partition {partition.number} up to offset {applied}, but that topic "
            f"ends at {end}: it lost records, or was restored from an older copy. What comes now at those offsets "
            "would be taken for folded. Restore the topic; or delete and create it again (its events are then taken as "
            "new, and those folded before are recognised), and start again."
        )
    return max(begin, applied + 1, committed or 0)

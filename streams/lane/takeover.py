"""Taking partitions over: positions first, then the changelog up to its watermark, then the partitions stand."""

import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Final

from schemas.topics import CUSTOMER_VIEWS, INPUT_TOPICS
from streams.folding import PartitionConfig
from streams.lane.positions import BrokerReader
from streams.lane.progress import RecoveryProgress
from streams.lane.sinks import OutcomeUnknown
from streams.partition import Partition
from streams.ports import RecoveryMetrics

__all__ = ["TakeOver", "start_position"]

logger = logging.getLogger("c360.lane")

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
    ) -> None:
        """`reader` makes the broker's reader, given what tells it to stop."""
        self._config = config
        self._reader = reader
        self._metrics = metrics

    def run(self, numbers: Sequence[int], should_stop: Callable[[], bool]) -> tuple[dict[int, Partition], int]:
        """The partitions, ready to fold, and how many changelog records were read.

        Raises RecoveryStopped, Unreadable, or OutcomeUnknown when positions and changelog contradict each other.
        """
        started = monotonic()
        partitions = {number: Partition(number, self._config) for number in numbers}
        if not partitions:
            return partitions, 0
        reader = self._reader(should_stop)
        try:
            inputs = [(topic, number) for topic in INPUT_TOPICS for number in numbers]
            committed = reader.committed(inputs)
            progress = self._restore(reader, partitions, started)
            begins = reader.begins(inputs)
        finally:
            reader.close()
        for number, partition in partitions.items():
            partition.recovered(
                {
                    topic: start_position(partition, topic, committed[topic, number], begins[topic, number])
                    for topic in INPUT_TOPICS
                }
            )
        progress.end(monotonic())
        return partitions, progress.records

    def _restore(self, reader: BrokerReader, partitions: Mapping[int, Partition], started: float) -> RecoveryProgress:
        log = [(CUSTOMER_VIEWS, number) for number in partitions]
        ends = {number: end for (_, number), end in reader.ends(log).items()}
        begins = {number: begin for (_, number), begin in reader.begins(log).items()}
        for number, begin in begins.items():
            if begin:
                logger.warning(BEGINS_LATE, CUSTOMER_VIEWS, number, begin)
        progress = RecoveryProgress(begins, ends, self._metrics, started)

        def on_progress(counts: Mapping[int, int], positions: Mapping[int, int]) -> None:
            line = progress.read(counts, positions, monotonic())
            if line is not None:
                logger.info(line)

        restore = {number: partition.restorer() for number, partition in partitions.items()}
        reader.read(CUSTOMER_VIEWS, begins, ends, restore, on_progress)
        return progress


def start_position(partition: Partition, topic: str, committed: int | None, begin: int) -> int:
    """Where to go on in `topic`: after what the views have folded, or at the committed position, or at the start.

    On brokers with transactions the first two are the same. Without them the views may be ahead of the positions
    (which are committed last), never behind.
    Raises OutcomeUnknown when positions are committed but the changelog knows of no progress.
    """
    if committed is not None and committed > begin and not partition.state.has_progress:
        raise OutcomeUnknown(
            f"group positions say that {topic} partition {partition.number} is folded up to {committed}, but "
            f"{CUSTOMER_VIEWS} holds no progress of that partition: the changelog was lost or recreated. Restore it, "
            "or delete the consumer group's offsets to fold everything again."
        )
    applied = partition.state.applied.get(topic)
    if applied is None:
        return begin
    return max(begin, applied + 1, committed or 0)

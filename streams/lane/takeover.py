"""Taking partitions over: positions first, then the changelog up to its watermark, then the partitions stand."""

from collections.abc import Callable, Mapping, Sequence

from schemas.topics import CUSTOMER_VIEWS, INPUT_TOPICS
from streams.folding import PartitionConfig
from streams.lane.positions import BrokerReader
from streams.lane.sinks import OutcomeUnknown
from streams.partition import Partition
from streams.ports import RecoveryMetrics

__all__ = ["TakeOver", "start_position"]


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
        partitions = {number: Partition(number, self._config) for number in numbers}
        if not partitions:
            return partitions, 0
        reader = self._reader(should_stop)
        try:
            inputs = [(topic, number) for topic in INPUT_TOPICS for number in numbers]
            committed = reader.committed(inputs)
            ends = reader.ends([(CUSTOMER_VIEWS, number) for number in numbers])
            total = self._restore(reader, partitions, {number: end for (_, number), end in ends.items()})
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
        return partitions, total

    def _restore(self, reader: BrokerReader, partitions: Mapping[int, Partition], ends: dict[int, int]) -> int:
        remaining = sum(ends.values())
        counts = dict.fromkeys(partitions, 0)

        def on_progress(records: int) -> None:
            nonlocal remaining
            remaining = max(0, remaining - records)
            self._metrics.recovering(remaining)

        def on_record(number: int, key: bytes, value: bytes | None) -> None:
            counts[number] += 1
            partitions[number].restore(key.decode(), value)

        total = reader.read(CUSTOMER_VIEWS, ends, on_record, on_progress)
        self._metrics.recovering(0)
        for number, count in counts.items():
            self._metrics.recovery(number, count)
        return total


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

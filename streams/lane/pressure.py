"""Back-pressure: what waits to be folded is bounded, in records of a topic and in memory of all."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from faust.types import TP

from streams.partition import Partition

__all__ = ["BackPressure"]

RECORD_BYTES: Final = 2_000
"""What a record takes in memory besides its value: the record, its event, their places in buffers."""


class BackPressure:
    """Says which partitions should not be fetched now; what is not fetched waits in Kafka, where it costs nothing."""

    def __init__(self, records_per_partition: int, total_bytes: int) -> None:
        """`records_per_partition` of one topic; `total_bytes` of all, estimated by what was fetched last."""
        self._records_per_partition = records_per_partition
        self._total_bytes = total_bytes
        self._mean_bytes: dict[tuple[str, int], float] = {}
        self._is_full = False

    def received(self, tp: TP, records: Sequence[Any]) -> None:
        """Records of `tp` came to wait."""
        if records:
            values = sum(len(record.value or b"") for record in records)
            self._mean_bytes[tp.topic, tp.partition] = RECORD_BYTES + values / len(records)

    def weigh(self, held: Mapping[int, Partition]) -> None:
        """Look at what waits in the partitions held, after anything came or went."""
        waiting = 0.0
        for (topic, number), mean in self._mean_bytes.items():
            partition = held.get(number)
            if partition is not None:
                waiting += partition.buffered_of(topic) * mean
        self._is_full = waiting >= self._total_bytes

    def is_saturated(self, partition: Partition, topic: str) -> bool:
        """Whether no more of this topic should be fetched.

        However full it is, a topic of which nothing waits is fetched: the merge may wait for that one.
        """
        waiting = partition.buffered_of(topic)
        return waiting >= self._records_per_partition or (self._is_full and waiting > 0)

"""What the projector tells about itself, to whoever keeps the figures."""

from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = ["ProjectionMetrics"]


class ProjectionMetrics(Protocol):
    """The figures; their meanings stand in the catalogue of metrics."""

    def read(self, records: int) -> None:
        """Records were taken from Kafka."""

    def written(self, customers: Mapping[str, int], sections: int, seconds: float) -> None:
        """A batch stands in Redis: customers by outcome, sections set or deleted, the time it took."""

    def latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """What source records of these timestamps did stands in Redis at `at`, in Unix seconds."""

    def workers_behind(self, records: int) -> None:
        """Input records that stood there at the look before and that no worker has committed."""

    def lag(self, partition: int, records: int) -> None:
        """Records of the partition that do not stand in Redis yet."""

    def held(self, records: int) -> None:
        """Records held back until their summary comes."""

    def orphaned(self, customers: int) -> None:
        """Customers were written without a summary."""

    def dependency(self, name: str, *, up: bool) -> None:
        """`kafka` or `redis` was found reachable or not."""

    def evicts(self, on: bool, /) -> None:
        """Redis throws views away once it is full, or does not."""

    def seek(self, reason: str) -> None:
        """Reading of a partition began."""

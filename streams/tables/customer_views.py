"""The table of customer views: Faust's declaration of it, and the store that holds the lane's partitions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import faust
from faust.stores.base import Store
from faust.types import TP

from streams.partition import Partition

__all__ = ["CustomerViews", "SectionStore"]


class SectionStore(Store[Any, Any]):
    """Sections at rest, partition by partition; written by the lane alone, read by anyone.

    As a mapping: customer number -> {section: bytes}.
    """

    def __init__(self, partitions: Callable[[], dict[int, Partition]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._partitions = partitions

    def __getitem__(self, customer_id: str) -> Mapping[str, bytes]:
        for partition in self._partitions().values():
            if customer_id in partition.customers:
                return partition.customers[customer_id]
        raise KeyError(customer_id)

    def __iter__(self) -> Iterator[str]:
        for partition in self._partitions().values():
            yield from partition.customers

    def __len__(self) -> int:
        return sum(len(partition.customers) for partition in self._partitions().values())

    def __setitem__(self, customer_id: str, sections: Any) -> None:
        raise TypeError("views are written by the lane alone, in the flush that commits them")

    def __delitem__(self, customer_id: str) -> None:
        raise TypeError("views are written by the lane alone, in the flush that commits them")

    def persisted_offset(self, tp: TP) -> int | None:
        """None: nothing is kept on disk."""
        return None

    def apply_changelog_batch(self, batch: Any, to_key: Any, to_value: Any) -> None:
        """Never called: the lane restores its partitions itself."""
        raise TypeError("the lane restores views from the changelog, not Faust")

    def reset_state(self) -> None:
        """Nothing is kept on disk."""

    async def backup_partition(self, tp: Any, flush: bool = True, purge: bool = False, keep: int = 1) -> None:
        """Nothing is kept on disk; the changelog is the backup."""

    def restore_backup(self, tp: Any, latest: bool = True, backup_id: int = 0) -> None:
        """See `backup_partition`."""


class CustomerViews(faust.Table[Any, Any]):
    """`customer-views`: a compacted, public changelog, a record per section, written in the lane's transactions."""

    def __init__(
        self, app: Any, topic: str, partitions: Callable[[], dict[int, Partition]], partition_count: int
    ) -> None:
        """`topic` is `customer-views`, or that of a later generation."""
        self._lane_partitions = partitions
        changelog = app.topic(topic, key_type=bytes, value_type=bytes, compacting=True, partitions=partition_count)
        super().__init__(
            app,
            name="customer_views",
            key_type=bytes,
            value_type=bytes,
            partitions=partition_count,
            changelog_topic=changelog,
        )

    def _new_store(self) -> SectionStore:
        return SectionStore(self._lane_partitions, "lane://", self.app, self, table_name=self.name, loop=self.loop)

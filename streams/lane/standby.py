"""Warm copies of other workers' partitions, kept up to date from the changelog until they are wanted."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import KafkaException

from streams.lane.positions import BrokerReader, RecoveryStopped, Unreadable
from streams.partition import Partition
from streams.ports import RecoveryMetrics

__all__ = ["Standby"]

RETRY_SECONDS: Final = 5.0

logger = logging.getLogger("c360.lane")


class Standby:
    """Follows the changelog in a thread of its own. Between `follow` and `stop` the partitions are this thread's."""

    def __init__(
        self, reader: Callable[[Callable[[], bool]], BrokerReader], metrics: RecoveryMetrics, views: str
    ) -> None:
        """`views` is the topic that holds them."""
        self._reader = reader
        self._views = views
        self._metrics = metrics
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self, partitions: Mapping[int, Partition]) -> None:
        """Restore what is committed from their positions on, until stopped."""
        self._metrics.standby(len(partitions))
        if not partitions:
            return
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(partitions, self._stop), name="lane-standby", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Leave the partitions alone; each is at its position."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, partitions: Mapping[int, Partition], stop: threading.Event) -> None:
        while not stop.is_set():
            reader = self._reader(stop.is_set)
            try:
                self._read(reader, partitions)
            except RecoveryStopped:
                return
            except (Unreadable, KafkaException) as exc:
                logger.warning("Warm copies stand still (%s): trying again", exc)
                stop.wait(RETRY_SECONDS)
            except Exception:
                # A copy is a convenience: what is wrong with it is met, and judged, when its partition is taken over.
                logger.exception("Warm copies of partitions %s are given up", sorted(partitions))
                return
            finally:
                reader.close()

    def _read(self, reader: BrokerReader, partitions: Mapping[int, Partition]) -> None:
        def on_progress(counts: Mapping[int, int], positions: Mapping[int, int]) -> None:
            for number, position in positions.items():
                partitions[number].customers.restored(position)
            self._metrics.standby_read(sum(counts.values()))

        starts = {number: partition.customers.position for number, partition in partitions.items()}
        restore = {number: partition.restorer() for number, partition in partitions.items()}
        reader.read(self._views, starts, None, restore, on_progress)

"""The deliverer's rounds: alerts taken, delivered, their outcomes recorded, and only then their positions committed."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

from connectors.errors import Unavailable
from connectors.sinks.alert_records import AlertRecords
from connectors.sinks.delivering import Deliverer, Stopped
from connectors.sinks.outcomes import Outcomes
from ops.metrics import DelivererMetrics

__all__ = ["Carrier", "wait_for"]

logger = logging.getLogger("c360.delivery")

_PAUSE_SECONDS: Final = 2.0


class Carrier:
    """Carries alerts until it is stopped; positions move past an alert once its outcome stands in Kafka."""

    def __init__(
        self,
        records: AlertRecords,
        deliverer: Deliverer,
        outcomes: Outcomes,
        metrics: DelivererMetrics,
        stop: threading.Event,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._records = records
        self._deliverer = deliverer
        self._outcomes = outcomes
        self._metrics = metrics
        self._stop = stop
        self._pause_seconds = pause_seconds
        self._told: set[str] = set()

    def carry(self) -> None:
        """Round after round; Kafka is waited for."""
        while not self._stop.is_set():
            try:
                standing = self._records.take()
                self._tell_state()
                wait_for(self._deliverer.begin(standing), self._records.stay)
            except Unavailable as error:
                self._wait(error)
            except Stopped:
                self._leave()
            else:
                self._settle()

    def _tell_state(self) -> None:
        self._metrics.dependency("kafka", up=self._records.serves)
        self._metrics.process.enter("running" if self._records.is_reading else "waiting")

    def _settle(self) -> None:
        """Record and commit. While Kafka takes no outcomes nothing more is delivered, and nothing once more."""
        while True:
            try:
                self._outcomes.flush()
            except Unavailable as error:
                self._wait(error)
                if self._stop.is_set():
                    return
                self._records.stay(0)
            else:
                break
        self._records.commit()
        if self._records.is_reading:
            self._told.clear()

    def _wait(self, error: Unavailable) -> None:
        self._metrics.process.enter("waiting")
        self._metrics.dependency(error.dependency, up=False)
        if str(error) not in self._told:
            logger.warning("%s: trying again", error)
        self._told.add(str(error))
        self._stop.wait(self._pause_seconds)

    def _leave(self) -> None:
        """What was delivered meanwhile is put on record, though it is delivered again with the rest of its batch."""
        try:
            self._outcomes.flush()
        except Unavailable as error:
            logger.warning("%s: what was delivered last is not on record until it is delivered again", error)


def wait_for(under_way: "Sequence[Future[None]]", stay: Callable[[float], object]) -> None:
    """Until all are done, calling `stay` with a few hundredths of a second; raises what they raised."""
    for future in under_way:
        while not future.done():
            stay(0.05)
    for future in under_way:
        future.result()

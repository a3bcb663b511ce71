"""Delivering alerts: each parcel through its channels, tried again, held back or given up, and recorded."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from connectors.errors import Unavailable
from connectors.sinks.contact_budget import Contact, Limits
from connectors.sinks.parcels import Channel, NotTaken, Parcel, Rejected, Standing, parcels_of
from connectors.sinks.routes import DeliveryFile
from schemas.deliveries import DeliveredAlert, Delivery, DeliveryOutcome

__all__ = ["Budget", "Deliverer", "DeliveryMetrics", "Patience", "Stopped"]

logger = logging.getLogger("c360.delivery")

_AT_ONCE: Final = 8
STALE: Final = "stale"


class Stopped(Exception):
    """The process ends: what is not settled is delivered after the next start."""


class Budget(Protocol):
    """Limits how often people are told."""

    def look(self) -> None:
        """See whether it can be asked. Raises Unavailable."""

    def held_because(self, contact: Contact, limits: Limits, now: float, /) -> str | None:
        """Why a contact is held back, or None; the same contact gets the same answer again. Raises Unavailable."""


class DeliveryMetrics(Protocol):
    """The figures; their meanings stand in the catalogue of metrics."""

    def delivery(self, channel: str, outcome: str) -> None:
        """A parcel was delivered, held or failed."""

    def attempt(self, channel: str, seconds: float) -> None:
        """A channel was tried."""

    def held(self, reason: str) -> None:
        """A contact was kept back."""

    def dependency(self, name: str, *, up: bool) -> None:
        """`kafka`, or `redis` for the contact budget, was found reachable or not."""

    def delivered_after(self, seconds: float) -> None:
        """From an alert's record to its being delivered."""


@dataclass(frozen=True)
class Patience:
    """How long one waits between attempts."""

    attempts: int
    first: float
    longest: float
    jitter: Callable[[], float]
    """A number from 0 to 1."""
    wait: Callable[[float], bool]
    """Waits so many seconds; True when the process is to end."""

    def before(self, attempt: int, asked: float) -> None:
        """Wait before the attempt after `attempt` ones, at least as long as the receiver `asked`. Raises Stopped."""
        doubled = min(self.longest, self.first * 2 ** (attempt - 1))
        # Between half and whole: receivers that come back are not met by everybody at once.
        seconds = min(self.longest, max(asked, doubled * (0.5 + self.jitter() / 2)))
        if self.wait(seconds):
            raise Stopped


class Deliverer:
    """Takes records, groups siblings, and carries each parcel through its channels; one customer's in order."""

    def __init__(
        self,
        file: DeliveryFile,
        channels: Mapping[str, Channel],
        budget: Budget,
        patience: Patience,
        record: Callable[[Delivery], None],
        metrics: DeliveryMetrics,
        now: Callable[[], datetime],
    ) -> None:
        """`record` is called from several threads."""
        self._file = file
        self._channels = channels
        self._budget = budget
        self._patience = patience
        self._record = record
        self._metrics = metrics
        self._now = now
        self._refused: set[str] = set()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="delivers")

    def look(self) -> None:
        """Say now whether the contact budget can be asked, where there is one, and not only with the first alert."""
        if any(of_severity.limits() for of_severity in self._file.budget.values()):
            self._of_budget(self._budget.look)

    def begin(self, standing: Sequence[Standing]) -> "list[Future[None]]":
        """Begin to deliver records; all are settled when each future is done. A future may raise Stopped."""
        queues: dict[tuple[str, str], list[Parcel]] = {}
        for parcel in parcels_of(standing):
            for name in self._admitted(parcel):
                queues.setdefault((name, parcel.first.customer_id), []).append(parcel)
        return [self._threads.submit(self._in_order, name, parcels) for (name, _), parcels in queues.items()]

    def again(self, name: str, parcel: Parcel) -> "Future[None]":
        """Begin to deliver a parcel that failed before, through the channel it failed on."""
        return self._threads.submit(self._in_order, name, [parcel])

    def close(self) -> None:
        """Wait for what is under way, and close the channels."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for channel in self._channels.values():
            channel.close()

    def _admitted(self, parcel: Parcel) -> Iterable[str]:
        """The channels the parcel goes through; what is held back for one that reaches people is recorded."""
        names = dict.fromkeys(name for one in parcel.standing for name in self._file.channels_of(one.alert))
        people = [name for name in names if self._file.channels[name].people]
        reason = self._held_because(parcel) if people else None
        if reason is None:
            return list(names)
        self._metrics.held(reason)
        for name in people:
            self._settle(name, parcel, DeliveryOutcome.HELD, 0, reason)
        return [name for name in names if name not in people]

    def _held_because(self, parcel: Parcel) -> str | None:
        now = self._now().timestamp()
        if any(one.alert.kind in self._file.regulatory for one in parcel.standing):
            return None
        if now - parcel.standing[0].timestamp_ms / 1000 > self._file.stale_after_hours * 3600:
            return STALE
        settings = self._file.budget.get(parcel.severity)
        limits = None if settings is None else settings.limits()
        if limits is None:
            return None
        first = parcel.first
        contact = Contact(parcel.contact, first.customer_id, first.to, parcel.severity)
        return self._of_budget(lambda: self._budget.held_because(contact, limits, now))

    def _of_budget(self, ask: Callable[[], str | None]) -> str | None:
        try:
            answer = ask()
        except Unavailable as error:
            # Telling somebody once too often does less harm than not telling him.
            if str(error) not in self._refused:
                logger.warning("The contact budget can't be asked (%s): alerts go out without it", error)
            self._refused.add(str(error))
            self._metrics.dependency("redis", up=False)
            return None
        self._refused.clear()
        self._metrics.dependency("redis", up=True)
        return answer

    def _in_order(self, name: str, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            self._deliver(name, parcel)

    def _deliver(self, name: str, parcel: Parcel) -> None:
        attempt = 0
        while True:
            attempt += 1
            began = self._now()
            try:
                self._channels[name].send(parcel, began)
            except Rejected as rejected:
                return self._give_up(name, parcel, attempt, str(rejected))
            except NotTaken as refusal:
                if attempt >= self._patience.attempts:
                    return self._give_up(name, parcel, attempt, str(refusal))
                logger.info("Channel %s: %s; trying %s again", name, refusal, parcel.story)
                self._patience.before(attempt, refusal.after)
            else:
                logger.debug("Channel %s took %s", name, parcel.story)
                self._metrics.delivered_after(max(0.0, began.timestamp() - parcel.standing[0].timestamp_ms / 1000))
                return self._settle(name, parcel, DeliveryOutcome.DELIVERED, attempt, None)
            finally:
                self._metrics.attempt(name, (self._now() - began).total_seconds())

    def _give_up(self, name: str, parcel: Parcel, attempts: int, error: str) -> None:
        logger.warning(
            "Channel %s did not take %s in %s attempts (%s): `c360 deliver --again` sends what failed once more",
            name,
            parcel.story,
            attempts,
            error,
        )
        self._settle(name, parcel, DeliveryOutcome.FAILED, attempts, error)

    def _settle(self, name: str, parcel: Parcel, outcome: DeliveryOutcome, attempts: int, error: str | None) -> None:
        first = parcel.first
        self._record(
            Delivery(
                key=parcel.key,
                channel=name,
                outcome=outcome,
                customer_id=first.customer_id,
                to=first.to,
                severity=parcel.severity,
                alerts=[_delivered(one) for one in parcel.standing],
                attempts=attempts,
                error=error,
                at=self._now(),
            )
        )
        self._metrics.delivery(name, outcome)


def _delivered(one: Standing) -> DeliveredAlert:
    alert = one.alert
    return DeliveredAlert(
        alert_id=alert.alert_id,
        revision=alert.revision,
        kind=alert.kind,
        topic=one.topic,
        partition=one.partition,
        offset=one.offset,
    )

"""Faust's aiokafka transport, changed so that Faust sees one event per fetch, and the lane owns positions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

import aiokafka
import faust
from aiokafka.consumer import fetcher
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from schemas.topics import INPUT_TOPICS
from streams.lane.membership import Membership

if TYPE_CHECKING:
    from streams.lane.lane import Lane

__all__ = ["SCHEME", "Fetch", "FetchSchema", "LaneConsumer", "LaneTransport", "register"]

SCHEME = "lane"
"""URL scheme of the broker: `lane://host:port`."""

FETCH_WAIT_MS = 10
"""How long the broker may hold a fetch that found nothing; Faust's own 1500 ms is latency for nothing."""

IDLE_FETCH_WAIT_MS = 500
"""The same while nothing comes. A record that comes ends the wait at once; only a seek or a new assignment may have to
wait for it, which is why it is not longer."""

BUSY_FETCH_BYTES = 32_768
"""While records come, the broker gathers so much, or for `FETCH_WAIT_MS`, before it answers. At 2,000 events a second
each fetch would otherwise find a few records: half as many fetches cost the worker a fifth less, and nobody waits
longer, as a broker with less to do commits sooner."""

IDLE_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Fetch:
    """What one fetch returned, and how far each input partition stood right after it."""

    generation: int
    epoch: int
    """Counts the seeks of the consumer: what was fetched before the last one is not to be folded."""
    number: int
    """Counts the fetches of an epoch that found records, from 1: none of them may be missing."""
    records: Mapping[TP, list[Any]]
    ends: Mapping[TP, tuple[int, int]]
    """Input partition -> (position, high watermark that the broker last told), where both are known."""


class FetchSchema(faust.Schema[Any, Any]):
    """Hands a `Fetch` through as it is: the records are opened by the engine's own door."""

    def compile(self, app: Any, **_: Any) -> Any:
        """A decoder that decodes nothing."""

        async def decode(message: Any, **_: Any) -> Any:
            return app.create_event(None, message.value, message.headers, message)

        return decode


class LaneRebalanceListener(driver.ConsumerRebalanceListener):
    """Captures the membership once per assignment, in the coordinator's own thread."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Capture generation and member id, stop fetching the changelog, then let Faust do its part."""
        thread = cast("LaneThread", self._thread)
        consumer: Any = thread._ensure_consumer()
        coordinator = consumer._coordinator
        group = thread.app.conf.id
        thread.lane.on_assigned(Membership(group, coordinator.generation, coordinator.member_id))
        # Recovery reads the changelog by itself; here it would only be fetched and thrown away.
        consumer.pause(*(tp for tp in assigned if tp.topic not in INPUT_TOPICS))
        await super().on_partitions_assigned(assigned)


class LaneThread(driver.AIOKafkaConsumerThread):
    """The thread that aiokafka lives in."""

    epoch = 0
    _found = 0
    _sought: Mapping[TP, int] = MappingProxyType({})

    @property
    def lane(self) -> Lane:
        """The lane of this app."""
        return cast("Lane", cast("Any", self.app).lane)

    def _create_worker_consumer(self, transport: Any) -> Any:
        conf = self.app.conf
        self._assignor = self.app.assignor
        consumer_class: Any = aiokafka.AIOKafkaConsumer
        return consumer_class(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=None,
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 300) * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            check_crcs=False,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            isolation_level="read_committed",
            **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is Faust's
        max_records: int | None = None,
    ) -> Any:
        epoch = self.epoch
        records = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        if records and epoch != self.epoch:
            # It waited on through a rebalance, which aiokafka lets it do, and found the first records after the seek.
            # Whoever asked takes it for one of before, so it gives them back: the consumer must not be past them.
            self._give_back(consumer)
            records = {}
        # No await between the fetch and this look: records, positions and epoch belong together. Nor between it and the
        # next request: aiokafka sends none while records wait to be taken, so that none goes out with the idle wait.
        consumer._fetcher._fetch_max_wait_ms = FETCH_WAIT_MS if records else IDLE_FETCH_WAIT_MS
        consumer._fetcher._fetch_min_bytes = BUSY_FETCH_BYTES if records else 1
        self._found += bool(records)
        return records, self._ends(consumer), self.epoch, self._found

    async def rewind(self, positions: Mapping[TP, int]) -> int:
        """Seek to `positions`; the epoch of everything fetched from there on."""
        return cast("int", await self.call_thread(self._rewind, positions))

    async def _rewind(self, positions: Mapping[TP, int]) -> int:
        consumer: Any = self._ensure_consumer()
        for tp, position in positions.items():
            consumer.seek(tp, position)
        self._sought = dict(positions)
        self.epoch += 1
        self._found = 0
        return self.epoch

    def _give_back(self, consumer: Any) -> None:
        """Seek to the epoch's positions again: what is received twice is ignored, what is missing would be lost."""
        for tp in self._sought.keys() & consumer.assignment():
            consumer.seek(tp, self._sought[tp])

    @staticmethod
    def _ends(consumer: Any) -> dict[TP, tuple[int, int]]:
        subscription = consumer._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        if assignment is None or not assignment.active:
            return {}
        states = {tp: assignment.state_value(tp) for tp in assignment.tps if tp.topic in INPUT_TOPICS}
        return {
            TP(tp.topic, tp.partition): (state.position, state.highwater)
            for tp, state in states.items()
            if state.has_valid_position and state.highwater is not None
        }


class LaneConsumer(driver.Consumer):
    """Faust's consumer: membership, assignment and flow control are its own; positions and commits are the lane's."""

    RebalanceListener: ClassVar[Any] = LaneRebalanceListener

    def _new_consumer_thread(self) -> LaneThread:
        return LaneThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def lane(self) -> Lane:
        """The lane of this app."""
        return cast("Lane", cast("Any", self.app).lane)

    def ack(self, message: Any) -> bool:
        """Nothing: streams ack what they skip for a stale generation, and the lane alone moves positions."""
        message.acked = True
        return False

    def track_message(self, message: Any) -> None:
        """Nothing to track: no ack is awaited."""

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: a fetch belongs to no single partition, and the lane bounds what is buffered itself."""

    def on_buffer_drop(self, tp: TP) -> None:
        """See `on_buffer_full`."""

    async def _commit_tps(self, tps: Any, start_new_transaction: bool) -> bool:
        offending = list(tps)
        assert not offending, f"Faust's commit path reached lane topics: {offending}"
        return False

    def note_committed(self, tps: Any) -> None:
        """Tell Faust's livelock detector that positions moved."""
        now = monotonic()
        self._thread.tp_last_committed_at.update(dict.fromkeys(tps, now))

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: the detector judges by acks, of which there are none; lag and clock are the lane's metrics."""

    async def perform_seek(self) -> None:
        """Seek to what the lane holds, explicitly: aiokafka's own look at committed offsets is not a stable one."""
        positions = {TP(topic, partition): at for (topic, partition), at in self.lane.positions().items()}
        self.lane.begin_epoch(await cast("LaneThread", self._thread).rewind(positions))

    async def commit_positions(self, offsets: Mapping[tuple[str, int], int]) -> bool:
        """Commit in the group, for brokers without transactions."""
        return bool(await self._thread.commit({TP(topic, p): at for (topic, p), at in offsets.items()}))

    async def _drain_messages(self, fetcher: Any) -> None:
        """Hand each fetch to the stream as one message."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._drain_once()
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _drain_once(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
            return
        active = {tp for tp in self._get_active_partitions() if not self.lane.is_saturated(tp)}
        if not active:
            await self.lane.wait_for_room()
            return
        generation = self.app.consumer_generation_id
        timeout = 0.02 if self.lane.is_held_back() else IDLE_POLL_SECONDS
        fetched: Any = await self._thread.getmany(active, timeout)
        await self.sleep(0)
        stale = generation != self.app.consumer_generation_id or not self.flow_active
        if self.should_stop or stale or not fetched:
            return
        records, ends, epoch, number = fetched
        if not records and not self.lane.is_held_back():
            return
        message = self._fetch_message(Fetch(generation, epoch, number, records, ends), next(iter(records or active)))
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    @staticmethod
    def _fetch_message(fetch: Fetch, tp: TP) -> Any:
        # Faust routes by partition; any of this worker's input partitions leads to the one stream.
        value: Any = fetch
        return ConsumerMessage(
            tp.topic, tp.partition, 0, 0.0, 0, None, None, value, None, tp=tp, generation_id=fetch.generation
        )


class LaneRecords(fetcher.PartitionRecords):
    """Records as the client decoded them: what it wraps each in costs twice the decoding, and tells nothing more."""

    def _consumer_record(self, _tp: Any, record: Any) -> Any:
        return record


class LaneTransport(driver.Transport):
    """The transport that `lane://` names."""

    Consumer: ClassVar[Any] = LaneConsumer


def register() -> None:
    """Make `lane://` known to Faust."""
    TRANSPORTS.aliases[SCHEME] = "streams.lane.transport:LaneTransport"
    # The client asks its module for the class, and nobody else; in a worker nothing but the lane consumes by it.
    fetcher.PartitionRecords = LaneRecords  # type: ignore[misc]

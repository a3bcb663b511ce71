"""Assembles the Faust app around the lane."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import faust
from faust.types.auth import CredentialsT

from schemas.generations import group_of
from streams.agents.customers import attach
from streams.folding import PartitionConfig
from streams.lane.generations import Generations
from streams.lane.lane import Lane, LaneConfig
from streams.lane.positions import BrokerReader
from streams.lane.recovery import LaneTableManager
from streams.lane.sinks import Sink
from streams.lane.transport import SCHEME, register
from streams.ports import LaneMetrics
from streams.rules import Rules
from streams.stores.port import Store
from streams.tables.customer_views import CustomerViews

__all__ = ["AppConfig", "LaneApp", "create_app"]


@dataclass(frozen=True)
class AppConfig:
    """What the app needs from outside; seconds where not said otherwise."""

    bootstrap: str
    group: str
    """Of the first generation's workers; those of a later one have one of their own."""
    partitions: int
    datadir: Path
    partition: PartitionConfig
    rules: Callable[[], Rules]
    """Those in force now; asked between flushes."""
    wall: Callable[[], datetime]
    session_timeout: float = 10.0
    rebalance_timeout: float = 30.0
    records_per_flush: int = 16_000
    store_of: Callable[[int], Store] | None = None
    """Makes the store of a partition's sections; None: in memory."""
    standby_replicas: int = 0
    """Other workers that keep a warm copy of each partition."""
    exact_ends: bool = True
    """Whether the broker's ListOffsets(LATEST) is exact."""
    builds: bool = False
    """Whether to fold, in silence, a generation of the views that is not in force."""
    client: Mapping[str, Any] = field(default_factory=dict)
    """librdkafka settings of every client, addresses and access included."""
    credentials: CredentialsT | None = None
    """Access for Faust's own consumer; None: the cluster is open to everybody."""


class LaneApp(faust.App):
    """A Faust app whose records go through a lane."""

    lane: Lane

    async def on_start(self) -> None:
        """Start the lane before anything is consumed."""
        await super().on_start()
        self.lane.consumer = self.consumer
        await self.add_runtime_dependency(self.lane)

    async def _stop_consumer(self) -> None:
        # The lane settles its open transaction while the worker is still a member of the group.
        await self.lane.stop()
        await super()._stop_consumer()


def create_app(config: AppConfig, sink: Sink, metrics: LaneMetrics) -> LaneApp:
    """The app with its table, its agent and its lane; nothing is connected yet."""
    register()
    app = LaneApp(
        group_of(config.group, config.partition.generation),
        broker=f"{SCHEME}://{config.bootstrap}",
        broker_credentials=config.credentials,
        datadir=str(config.datadir),
        store="memory://",
        TableManager=LaneTableManager,
        processing_guarantee="at_least_once",
        topic_partitions=config.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=config.standby_replicas,
        stream_wait_empty=False,
        broker_session_timeout=config.session_timeout,
        broker_heartbeat_interval=config.session_timeout / 10,
        broker_rebalance_timeout=config.rebalance_timeout,
        broker_request_timeout=max(40.0, config.session_timeout * 2),
        broker_commit_interval=5.0,
        consumer_max_fetch_size=1024 * 1024,
        web_enabled=False,
        autodiscover=False,
    )
    app.lane = Lane(_lane_config(config, metrics), sink)
    app.tables.add(CustomerViews(app, app.lane.views, lambda: app.lane.partitions, config.partitions))
    attach(app, app.lane)

    @app.on_partitions_revoked.connect(weak=False)
    async def give_up(*_: Any, **__: Any) -> None:
        await app.lane.on_revoked()

    return app


def _lane_config(config: AppConfig, metrics: LaneMetrics) -> LaneConfig:

    # A pending transaction of a dead worker is aborted after its timeout, which is the session's; twice that, and some,
    # is how long a take-over may find nothing new.
    timeout = 2 * config.session_timeout + 20

    def reader_of(generation: int, should_stop: Callable[[], bool]) -> BrokerReader:
        return BrokerReader(config.client, group_of(config.group, generation), config.exact_ends, should_stop, timeout)

    served = config.partition.generation
    return LaneConfig(
        partition=config.partition,
        rules=config.rules,
        metrics=metrics,
        reader=partial(reader_of, served),
        generations=Generations(served, reader_of, config.partition.topic_ids, builds=config.builds),
        store_of=config.store_of,
        revoke_seconds=config.rebalance_timeout / 2,
        wall=config.wall,
        records_per_flush=config.records_per_flush,
    )

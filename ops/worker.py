"""The worker process: settings and broker facts in, a running Faust app out (composition root)."""

import asyncio
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import uvloop
from aiokafka.partitioner import murmur2
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from prometheus_client import CollectorRegistry

from connectors.brokers import Kafka, client_of
from ops.access import credentials_of
from ops.errors import OperatorError
from ops.fold_identity import fold_of
from ops.instruments import serve
from ops.launcher.capabilities import Capabilities, probe
from ops.logs import configure_logging
from ops.metrics import WorkerMetrics
from ops.process_state import ProcessState
from ops.rules_in_force import RulesInForce, follow_rules
from ops.settings import Settings
from ops.topics import expect_topics, topic_ids
from ops.turns import IN_FORCE, Served, Turn, begin_anew
from ops.view_generations import FollowedGenerations
from schemas.generations import group_of, views_topic
from schemas.topics import INPUT_TOPICS
from streams.app import AppConfig, LaneApp, create_app
from streams.codec import Door
from streams.folding import Belongs, PartitionConfig
from streams.lane.generations import NotInForce, OtherFormat
from streams.lane.positions import Unreadable
from streams.lane.sinks import AcknowledgedSink, OutcomeUnknown, Sink, TransactionalSink
from streams.overflow import DeadlineOverflow
from streams.settling import TooManyDeadLetters
from streams.state import NewerState
from streams.stores.memory import MemoryStore
from streams.stores.port import Store, StoreFailed

__all__ = ["run_worker"]

EXIT_CRASHED: Final = 70
SWITCHED: Final = -1
"""It has another part now."""
FORESEEN: Final = (
    OutcomeUnknown,
    Unreadable,
    TooManyDeadLetters,
    DeadlineOverflow,
    StoreFailed,
    NewerState,
    OtherFormat,
)
"""Failures whose sentence says what to do."""
RETRY_SECONDS: Final = 2.0
CLIENT: Final = {"client.id": "c360-worker", "log_level": 3}
"""librdkafka settings of every client; below errors its log is about its own machinery."""

logger = logging.getLogger("c360.worker")


def run_worker(
    settings: Settings,
    bootstrap: Kafka,
    capabilities: Capabilities | None,
    *,
    served: Served = IN_FORCE,
    wrap_sink: Callable[[Sink], Sink] = lambda sink: sink,
    wall: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Fold until SIGTERM or SIGINT; the exit status (0 after a clean stop).

    When another generation of the views comes into force the process begins anew, for the generation it served.
    Waits for a broker that does not answer; what it can do is probed when it is not known. `wrap_sink` is for tests of
    failures.
    """
    configure_logging(settings.log_level, settings.log_format)
    metrics = _metrics(settings)
    partitions = _wait_for_topics(bootstrap)
    with closing(FollowedGenerations(bootstrap)) as generations:
        turn = Turn(served.settled(generations.current, fold_of(settings)), generations)
        generations.follow(turn.look)
        if not turn.await_it(lambda: metrics.process.enter("stopping")):
            return 0
        status = _work(settings, bootstrap, capabilities, partitions, turn, metrics, wrap_sink, wall)
    if status == SWITCHED:
        begin_anew(turn.generation, settings.clock)
    return status


def _work(
    settings: Settings,
    bootstrap: Kafka,
    capabilities: Capabilities | None,
    partitions: int,
    turn: Turn,
    metrics: WorkerMetrics,
    wrap_sink: Callable[[Sink], Sink],
    wall: Callable[[], datetime],
) -> int:
    capabilities = probe(bootstrap) if capabilities is None else capabilities
    rules, control_topics = follow_rules(settings, bootstrap, metrics)
    config = _app_config(settings, bootstrap, capabilities, partitions, rules, wall, turn)
    transactional = capabilities.transactions if settings.transactions == "auto" else settings.transactions == "on"
    sink = wrap_sink(_sink(settings, bootstrap, transactional))
    app = create_app(config, sink, metrics)
    for topic in control_topics:
        topic.follow()
    logger.info(
        "Worker of group %s on %s, %s clock, %s",
        group_of(settings.consumer_group, turn.generation),
        bootstrap,
        settings.clock,
        "one transaction per flush" if transactional else "no transactions: at least once, recognised on redelivery",
    )
    # State is long-lived: a young collection over it at Python's default rate costs 15-20 % of throughput.
    gc.set_threshold(50_000, 10, 1_000)
    with ExitStack() as open_topics, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for topic in control_topics:
            open_topics.callback(topic.close)
        return runner.run(_run(app, turn, metrics.process))


def _metrics(settings: Settings) -> WorkerMetrics:
    """Served before anything is waited for: whoever watches over the process is to see that it is there."""
    registry = CollectorRegistry()
    metrics = WorkerMetrics(registry, _cache_reads(settings))
    port = serve(registry, metrics.process, settings.metrics_host, settings.worker_metrics_port)
    logger.info("Worker starts; metrics at http://127.0.0.1:%s/metrics", port)
    return metrics


async def _run(app: LaneApp, turn: Turn, state: ProcessState) -> int:
    loop = asyncio.get_running_loop()
    stop, over = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if turn.is_to_stop:
        # While all was made ready, when nobody else listened.
        stop.set()
    turn.until_over(lambda: loop.call_soon_threadsafe(over.set))
    starting = asyncio.create_task(app.start())
    watchers = [asyncio.create_task(waiting) for waiting in (stop.wait(), over.wait(), app.wait_until_stopped())]
    await asyncio.wait([starting, *watchers], return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and starting.exception() is None:
        gc.freeze()
        await asyncio.wait(watchers, return_when=asyncio.FIRST_COMPLETED)
    failure = starting.exception() if starting.done() else None
    failure = failure or app.crash_reason
    state.enter("stopping")
    await app.stop()
    for watcher in watchers:
        watcher.cancel()
    if over.is_set() or isinstance(failure, NotInForce):
        logger.info(
            "Generations of the views were switched: this worker, of generation %s, begins anew", turn.generation
        )
        return SWITCHED
    if failure is not None:
        # A failure nobody foresaw is told with its trace: it is a bug report, not a message to an operator.
        foreseen = isinstance(failure, FORESEEN)
        logger.critical("Worker stopped: %s", _in_words(failure), exc_info=None if foreseen else failure)
        return EXIT_CRASHED
    logger.info("Worker stopped; everything folded is committed")
    return 0


def _in_words(failure: BaseException) -> str:
    return str(failure) or type(failure).__name__


def _wait_for_topics(bootstrap: Kafka) -> int:
    """The partition count of all topics, once the broker answers; retries with a message while it does not."""
    admin, said = AdminClient(client_of(bootstrap)), set[str]()
    while True:
        try:
            found = admin.list_topics(timeout=5.0).topics
            break
        except KafkaException as exc:
            reason = exc.args[0].str()
            if reason not in said:
                logger.warning("Kafka at %s does not answer (%s); trying again", bootstrap, reason)
                said.add(reason)
            time.sleep(RETRY_SECONDS)
    return expect_topics(bootstrap, found)


def _app_config(
    settings: Settings,
    bootstrap: Kafka,
    capabilities: Capabilities,
    partitions: int,
    rules: RulesInForce,
    wall: Callable[[], datetime],
    turn: Turn,
) -> AppConfig:
    views = views_topic(turn.generation)
    ids = topic_ids(bootstrap, (*INPUT_TOPICS, views))
    if views not in ids:
        raise OperatorError(f"Kafka at {bootstrap} lacks the topic {views}: run `c360 topics create` and start again.")
    partition = PartitionConfig(
        rules=rules.current,
        door=Door(),
        topic_ids=ids,
        clock=settings.clock,
        belongs=_partitioner(partitions),
        dead_letter_limit=settings.dead_letter_limit,
        set_aside=settings.records_set_aside(),
        generation=turn.generation,
    )
    session = settings.session_timeout_ms / 1000
    datadir = _made(settings.home / "worker")
    return AppConfig(
        bootstrap=str(bootstrap),
        group=settings.consumer_group,
        partitions=partitions,
        datadir=datadir,
        partition=partition,
        rules=lambda: rules.current,
        wall=wall,
        session_timeout=session,
        rebalance_timeout=max(session, 30.0),
        records_per_flush=settings.records_per_flush,
        store_of=_stores(settings, group_of(settings.consumer_group, turn.generation), ids[views]),
        standby_replicas=settings.standby_replicas,
        exact_ends=capabilities.latest_exact,
        client=client_of(bootstrap, CLIENT),
        credentials=credentials_of(settings),
        builds=turn.builds,
    )


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(
            f"The worker can't make its folder {folder} ({error.strerror}): make room, give this user the right to "
            "write there, or set C360_HOME to another place."
        ) from None
    return folder


def _stores(settings: Settings, group: str, changelog: str) -> Callable[[int], Store]:
    if settings.store == "memory":
        return lambda _number: MemoryStore()
    # A library of megabytes: loaded only where it is used.
    from streams.stores.rocksdb import RocksStore

    folder = settings.home.resolve() / "worker" / "stores" / group
    return lambda number: RocksStore(folder / str(number), changelog, time.time)


def _cache_reads(settings: Settings) -> Callable[[], tuple[int, int]]:
    if settings.store == "memory":
        return lambda: (0, 0)
    from streams.stores.rocksdb import cache_reads

    # The count begins here, in one thread, and not with whichever comes first, a scrape or a take-over.
    cache_reads()
    return cache_reads


def _sink(settings: Settings, bootstrap: Kafka, transactional: bool) -> Sink:
    client = client_of(bootstrap, CLIENT)
    if not transactional:
        return AcknowledgedSink(client)
    # Unique per process: fencing is the group's, and a predecessor's open transaction ends by its timeout.
    transactional_id = f"{settings.consumer_group}-{socket.gethostname()}-{os.getpid()}-{time.time_ns()}"
    return TransactionalSink(client, transactional_id, settings.session_timeout_ms)


def _partitioner(partitions: int) -> Belongs:
    @lru_cache(maxsize=100_000)
    def partition_of(customer_id: str) -> int:
        # Kafka's default partitioner for keyed records.
        return int(murmur2(customer_id.encode()) & 0x7FFFFFFF) % partitions

    def belongs(customer_id: str, partition: int, /) -> bool:
        return partition_of(customer_id) == partition

    return belongs

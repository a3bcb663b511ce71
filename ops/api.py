"""The lookup API's process: settings in, a server on a port (composition root)."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from connectors.brokers import Kafka
from connectors.serving import views, views_async
from connectors.serving.api.app import create_api
from connectors.serving.api.fresh import FreshnessWatch
from connectors.serving.api.parts import Parts
from connectors.serving.api.problems import Problem
from connectors.serving.api.rates import Rates
from connectors.serving.api.server import ApiServer, server_settings
from connectors.serving.audit_trail import KafkaAuditTrail, KafkaRecords
from connectors.serving.changes import Changes
from connectors.serving.operations import OperationsWatch
from connectors.serving.tokens.dev_issuer import dev_issuer_routes
from connectors.serving.views_async import AsyncViews
from connectors.serving.views_tail import ViewsTail
from ops.api_access import access_of
from ops.api_processes import end_with_parent, listener_of
from ops.api_tls import tls_of
from ops.index_key import identifiers_of
from ops.instruments import register_process, serve
from ops.kept_process import let_signals_in
from ops.limits import ComplaintLimits
from ops.logs import configure_logging
from ops.metrics import ApiMetrics
from ops.open_files import connections_within
from ops.process_state import ProcessState
from ops.settings import Settings
from ops.stopping import stop_on_signals
from ops.view_generations import GenerationInForce
from schemas.actions import AlertAction

__all__ = ["Member", "run_api"]

_REDIS_TIMEOUT_S: Final = 1.0
_ACTIONS: Final = "alert-actions"
_GENERATIONS: Final = (20_000, 20, 50)
_SWITCH_S: Final = 0.0005

logger = logging.getLogger("c360.api")


@dataclass(frozen=True)
class Member:
    """This process is one of several that share a port."""

    listener: int
    """The file descriptor of its listening socket."""
    number: int
    """From 0 on."""


def run_api(settings: Settings, bootstrap: Kafka, redis_url: str, member: Member | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit status (0 after a clean stop). Waits for neither Kafka nor Redis.

    A `member` ends with the process that started it, too.
    """
    configure_logging(settings.log_level, settings.log_format)
    # Until uvicorn listens to signals itself; and it raises the one that stopped it once more at its end.
    stop = stop_on_signals()
    listener = listener_of(settings) if member is None else socket.socket(fileno=member.listener)
    if member is not None:
        let_signals_in()
        end_with_parent()
    settings = settings.model_copy(update={"api_connections": connections_within(settings.api_connections)})
    url = _url(settings, listener)
    with _serving(settings, bootstrap, redis_url, url, member, stop) as server:
        _be_quick()
        which = "" if member is None else f" (process {member.number})"
        logger.info("Lookup API at %s; for people at %s/console/%s", url, url, which)
        server.run(sockets=[listener])
    logger.info("Lookup API stopped; what was asked is answered")
    return 0


@contextlib.contextmanager
def _serving(
    settings: Settings, bootstrap: Kafka, redis_url: str, url: str, member: Member | None, stop: threading.Event
) -> Iterator[ApiServer]:
    access = access_of(settings, url)
    registry = CollectorRegistry()
    metrics = ApiMetrics(registry)
    told = _metrics_route(registry, metrics.process, settings, member)
    lookups = AsyncViews(views_async.connect(redis_url, _REDIS_TIMEOUT_S), identifiers_of(settings))
    changes = Changes()
    limits = ComplaintLimits(settings, bootstrap)
    with (
        contextlib.closing(limits),
        contextlib.closing(KafkaRecords(bootstrap, "c360-api")) as records,
        contextlib.closing(views.connect(redis_url)) as redis,
        contextlib.closing(GenerationInForce(bootstrap)) as in_force,
        contextlib.closing(
            OperationsWatch(bootstrap, lambda: in_force.group(settings.consumer_group), redis, settings.partitions)
        ) as operations,
    ):
        operations.start()
        limits.start()
        parts = Parts(
            views=lookups,
            roles=access.roles,
            who=access.who,
            sign_in=access.sign_in,
            audit=KafkaAuditTrail(records),
            answers_unaudited=settings.audit == "best-effort",
            freshness=FreshnessWatch(lookups.freshness, changes.wake),
            changes=changes,
            rates=Rates(settings.api_requests_per_second, time.monotonic),
            metrics=metrics,
            send_action=_sender(records),
            operations=operations.told,
            now=_now,
            today=_today(settings, operations),
            limits=limits.of,
            most_streams=settings.api_streams,
            background=(_following(bootstrap, changes, operations.views_topic), records.hear),
        )
        more = [told, *([dev_issuer_routes(access.dev_issuer)] if access.dev_issuer else [])]
        config = server_settings(create_api(parts, more), tls_of(settings), settings.api_connections)

        def stops() -> None:
            metrics.process.enter("stopping")
            changes.close()

        metrics.process.enter("running")
        yield ApiServer(config, stops, stop.is_set)


def _sender(records: KafkaRecords) -> Callable[[AlertAction], Coroutine[Any, Any, None]]:
    async def send(action: AlertAction) -> None:
        await records.send(_ACTIONS, action.customer_id, action.model_dump_json().encode())

    return send


def _following(bootstrap: Kafka, changes: Changes, topic: Callable[[], str]) -> Callable[[], Coroutine[Any, Any, None]]:
    async def follow() -> None:
        loop = asyncio.get_running_loop()
        tail = ViewsTail(
            bootstrap,
            lambda batch: loop.call_soon_threadsafe(changes.publish, batch),
            topic,
            lambda: loop.call_soon_threadsafe(changes.look_again),
        )
        tail.start()
        try:
            await asyncio.Event().wait()
        finally:
            tail.close()

    return follow


def _now() -> datetime:
    return datetime.now(UTC)


def _today(settings: Settings, operations: OperationsWatch) -> Callable[[], date]:
    """The day in the bank's time zone, by the wall's clock or, in a replay, by the partitions'."""
    zone = ZoneInfo(settings.bank_timezone)

    def today() -> date:
        clock = operations.clock() if settings.clock == "event" else None
        return (clock or _now()).astimezone(zone).date()

    return today


def _metrics_route(
    registry: CollectorRegistry, state: ProcessState, settings: Settings, member: Member | None
) -> APIRouter:
    """`/metrics` on the port of lookups; of several processes each has its own on a port of its own."""
    router = APIRouter(include_in_schema=False)
    if member is None:
        register_process(registry, state)

        @router.get("/metrics")
        async def metrics() -> Response:
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

        return router
    first = settings.api_metrics_port
    port = serve(registry, state, settings.metrics_host, first + member.number if first else 0)
    where = f"http://{settings.metrics_host}:{port}/metrics"
    logger.info("API process %s is pid %s; its metrics: %s", member.number, os.getpid(), where)

    @router.get("/metrics")
    async def elsewhere() -> Response:
        raise Problem(
            404,
            "metrics-elsewhere",
            "Not here",
            "Several processes share this port, and each has its metrics on a port of its own.",
            "Ask the ports from C360_API_METRICS_PORT on; where it is 0 each process's log says its own.",
        )

    return router


def _url(settings: Settings, listener: socket.socket) -> str:
    scheme = "http" if settings.api_tls_certificate is None else "https"
    host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


def _be_quick() -> None:
    """No answer waits for a collection of what stays anyway, nor long for a thread that follows Kafka."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GENERATIONS)
    sys.setswitchinterval(_SWITCH_S)

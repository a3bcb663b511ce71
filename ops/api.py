"""The lookup API's process: settings in, a server on a port (composition root)."""

import asyncio
import contextlib
import gc
import logging
import resource
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
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
from connectors.serving.api.rates import Rates
from connectors.serving.api.server import ApiServer, TlsFiles, server_settings
from connectors.serving.audit_trail import KafkaAuditTrail, KafkaRecords
from connectors.serving.changes import Changes
from connectors.serving.operations import OperationsWatch
from connectors.serving.tokens.dev_issuer import dev_issuer_routes
from connectors.serving.views_async import AsyncViews
from connectors.serving.views_tail import ViewsTail
from ops.api_access import access_of
from ops.errors import OperatorError
from ops.index_key import identifiers_of
from ops.instruments import register_process
from ops.limits import ComplaintLimits
from ops.logs import configure_logging
from ops.metrics import ApiMetrics
from ops.settings import Settings
from ops.stopping import stop_on_signals
from ops.view_generations import GenerationInForce
from schemas.actions import AlertAction

__all__ = ["run_api"]

_REDIS_TIMEOUT_S: Final = 1.0
_ACTIONS: Final = "alert-actions"
_FILES_BESIDE: Final = 512
"""Open files other than connections of those who ask."""

_GENERATIONS: Final = (20_000, 20, 50)
_SWITCH_S: Final = 0.0005

logger = logging.getLogger("c360.api")


def run_api(settings: Settings, bootstrap: Kafka, redis_url: str) -> int:
    """Serve until SIGTERM or SIGINT; the exit status (0 after a clean stop). Waits for neither Kafka nor Redis."""
    configure_logging(settings.log_level, settings.log_format)
    # uvicorn raises the signal that stopped it once more at its end; this takes it.
    stop_on_signals()
    _allow_files(settings.api_connections + _FILES_BESIDE)
    listener = _listener(settings)
    url = _url(settings, listener)
    with _serving(settings, bootstrap, redis_url, url) as server:
        _be_quick()
        logger.info("Lookup API at %s; for people at %s/console/", url, url)
        server.run(sockets=[listener])
    logger.info("Lookup API stopped; what was asked is answered")
    return 0


@contextlib.contextmanager
def _serving(settings: Settings, bootstrap: Kafka, redis_url: str, url: str) -> Iterator[ApiServer]:
    access = access_of(settings, url)
    registry = CollectorRegistry()
    metrics = ApiMetrics(registry)
    register_process(registry, metrics.process)
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
            background=(_following(bootstrap, changes, operations.views_topic),),
        )
        more = [_metrics_route(registry), *([dev_issuer_routes(access.dev_issuer)] if access.dev_issuer else [])]
        config = server_settings(create_api(parts, more), _tls(settings), settings.api_connections)

        def stops() -> None:
            metrics.process.enter("stopping")
            changes.close()

        metrics.process.enter("running")
        yield ApiServer(config, stops)


def _sender(records: KafkaRecords) -> Callable[[AlertAction], Coroutine[Any, Any, None]]:
    async def send(action: AlertAction) -> None:
        await records.send(_ACTIONS, action.customer_id, action.model_dump_json())

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


def _metrics_route(registry: CollectorRegistry) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _tls(settings: Settings) -> TlsFiles | None:
    if settings.api_tls_certificate is None and settings.api_tls_key is None:
        if settings.api_client_authorities is not None:
            raise OperatorError(
                "C360_API_CLIENT_AUTHORITIES needs TLS: set C360_API_TLS_CERTIFICATE and C360_API_TLS_KEY as well."
            )
        return None
    if settings.api_tls_certificate is None or settings.api_tls_key is None:
        raise OperatorError("TLS needs both: set C360_API_TLS_CERTIFICATE and C360_API_TLS_KEY.")
    authorities = settings.api_client_authorities
    return TlsFiles(
        str(settings.api_tls_certificate), str(settings.api_tls_key), None if authorities is None else str(authorities)
    )


def _listener(settings: Settings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
        return socket.create_server((settings.api_host, settings.api_port), family=family, backlog=4_096)
    except OSError as error:
        raise OperatorError(
            f"The API can't listen on {settings.api_host} port {settings.api_port}: {error.strerror}. "
            "Set C360_API_PORT (0: a free one) or C360_API_HOST."
        ) from None


def _url(settings: Settings, listener: socket.socket) -> str:
    scheme = "http" if settings.api_tls_certificate is None else "https"
    host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


def _be_quick() -> None:
    """No answer waits for a collection of what stays anyway, nor long for the thread that hears of acknowledgements."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GENERATIONS)
    sys.setswitchinterval(_SWITCH_S)


def _allow_files(wanted: int) -> None:
    """As many open files as the system allows, up to what is wanted: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        logger.warning("The system allows %s open files, so fewer connections than C360_API_CONNECTIONS fit", most)

"""The projector process: settings in, `customer-views` kept in Redis (composition root)."""

import gc
import logging
import time
from typing import Final

from prometheus_client import CollectorRegistry

from connectors.brokers import Kafka
from connectors.errors import Incompatible
from connectors.group_ends import GroupEnds
from connectors.sinks.redis_projection import Projector
from connectors.sinks.redis_store import RedisStore
from connectors.sinks.views_log import ViewsLog
from connectors.sinks.worker_lag import WorkerLag
from ops.errors import OperatorError
from ops.index_key import identifiers_of
from ops.instruments import serve
from ops.logs import configure_logging
from ops.metrics import ProjectorMetrics
from ops.settings import Settings
from ops.stopping import stop_on_signals
from ops.view_generations import GenerationInForce
from schemas.topics import CUSTOMER_VIEWS, INPUT_TOPICS

__all__ = ["run_projector"]

GROUP: Final = "c360-projector"
"""Names the reader in Kafka's logs; its positions live in Redis."""

logger = logging.getLogger("c360.projector")


def run_projector(settings: Settings, bootstrap: Kafka, redis_url: str) -> int:
    """Project until SIGTERM or SIGINT; the exit status (0 after a clean stop). Waits for Kafka and Redis."""
    configure_logging(settings.log_level, settings.log_format)
    registry = CollectorRegistry()
    metrics = ProjectorMetrics(registry)
    port = serve(registry, metrics.process, settings.metrics_host, settings.projector_metrics_port)
    in_force = GenerationInForce(bootstrap)
    log = ViewsLog(bootstrap, CUSTOMER_VIEWS, GROUP, time.monotonic)
    store = RedisStore(redis_url, identifiers_of(settings), topic_in_force=in_force.topic)
    workers = WorkerLag(GroupEnds(bootstrap, lambda: in_force.group(settings.consumer_group)), INPUT_TOPICS)
    workers.start()
    # What is known of customers is long-lived: a young collection over it at Python's default rate is for nothing.
    gc.set_threshold(50_000, 10, 1_000)
    logger.info("Projector on %s; metrics at http://127.0.0.1:%s/metrics", bootstrap, port)
    try:
        stop = stop_on_signals(lambda: metrics.process.enter("stopping"))
        Projector(log, store, metrics, time.time, workers=workers).run(stop)
    except Incompatible as error:
        raise OperatorError(f"The projector stops: {error}") from error
    finally:
        workers.close()
        in_force.close()
        log.close()
        store.close()
    logger.info("Projector stopped; Redis holds where to go on")
    return 0

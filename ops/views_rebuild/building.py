"""`c360 rebuild start`: a worker of a generation that is not in force yet, which says how far it is."""

from contextlib import closing
from datetime import datetime

from ops.errors import OperatorError
from ops.fold_identity import fold_of
from ops.launcher.capabilities import probe
from ops.logs import configure_logging
from ops.running import KafkaAddress
from ops.settings import Settings
from ops.turns import Served
from ops.view_generations import generations_of, in_force_of
from ops.views_rebuild.beginning import begin_rebuild
from ops.views_rebuild.progress import ProgressTold
from ops.worker import run_worker

__all__ = ["build"]


def build(settings: Settings, kafka: KafkaAddress, by: str, at: datetime, *, from_what_is_left: bool) -> int:
    """Begin a rebuild, or go on with the one begun, until SIGTERM or SIGINT; the exit status."""
    configure_logging(settings.log_level, settings.log_format)
    capabilities = kafka.capabilities or probe(kafka.bootstrap)
    if not capabilities.transactions or settings.transactions == "off":
        raise OperatorError(
            f"Nothing is begun: views are switched without losing or repeating an alert by Kafka's transactions, and "
            f"Kafka at {kafka.bootstrap} is used without them. To have other views there: stop the workers, delete "
            "customer-views and the offsets of their group, and fold everything again with C360_RAISE_AFTER set to now."
        )
    generation = begin_rebuild(kafka.bootstrap, fold_of(settings), by, at, from_what_is_left=from_what_is_left)
    served = Served(generation, builds=True)
    in_force = in_force_of(generations_of(kafka.bootstrap))
    if in_force == generation:
        return run_worker(settings, kafka.bootstrap, capabilities, served=served)
    with closing(ProgressTold(kafka.bootstrap, settings.consumer_group, generation, in_force)) as progress:
        progress.start()
        return run_worker(settings, kafka.bootstrap, capabilities, served=served)

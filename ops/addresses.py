"""Where the running system is: what was set, else what `.c360/run.json` of a started one says."""

from ops.errors import OperatorError
from ops.launcher.runfile import read_run
from ops.settings import Settings

__all__ = ["kafka_bootstrap"]


def kafka_bootstrap(settings: Settings) -> str:
    """Kafka's address; OperatorError when nothing was set and nothing runs."""
    if settings.kafka_bootstrap:
        return settings.kafka_bootstrap
    run = read_run(settings.home)
    if run is None:
        raise OperatorError(
            f"No Kafka is known: nothing runs in {settings.home} and C360_KAFKA_BOOTSTRAP is not set. "
            "Start c360 in another shell (`make demo`), or set the address."
        )
    return run.kafka_bootstrap

"""Where the running system is: settings first, else what `run.json` tells."""

from dataclasses import dataclass

from connectors.brokers import Kafka
from ops.access import brokers_of, redis_url_of
from ops.admission import let_in, let_in_by_redis
from ops.errors import OperatorError
from ops.launcher.capabilities import Capabilities
from ops.launcher.runfile import read_run
from ops.settings import Settings

__all__ = ["KafkaAddress", "kafka_of", "redis_of"]


@dataclass(frozen=True)
class KafkaAddress:
    """A broker, and what is known of it already."""

    bootstrap: Kafka
    capabilities: Capabilities | None


def kafka_of(settings: Settings) -> KafkaAddress:
    """The broker to use. OperatorError when neither the settings nor a running system name one, or it refuses us."""
    run = read_run(settings.home)
    if settings.kafka_bootstrap is not None:
        known = run.capabilities if run is not None and run.kafka_bootstrap == settings.kafka_bootstrap else None
        return KafkaAddress(let_in(brokers_of(settings, settings.kafka_bootstrap)), known)
    if run is None:
        raise OperatorError(
            f"No Kafka to talk to: KAFKA_BOOTSTRAP is not set, and nothing runs in {settings.home}. "
            "Set it, or start `c360 up` or `make demo` in this folder."
        )
    return KafkaAddress(run.kafka_bootstrap, run.capabilities)


def redis_of(settings: Settings) -> str:
    """The Redis to use. OperatorError when neither the settings nor a running system name one, or it refuses us."""
    if settings.redis_url is not None:
        return let_in_by_redis(redis_url_of(settings, settings.redis_url))
    run = read_run(settings.home)
    if run is None:
        raise OperatorError(
            f"No Redis to talk to: REDIS_URL is not set, and nothing runs in {settings.home}. "
            "Set it, or start `c360 up` or `make demo` in this folder."
        )
    return run.redis_url

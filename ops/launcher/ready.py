"""Whether a Kafka or a Redis answers, and waiting until it does."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from connectors.brokers import Kafka, client_of
from ops.launcher.children import Child
from ops.launcher.service import Unavailable

ASK_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.02


def brokers_answering(bootstrap: Kafka, seconds: float = ASK_SECONDS) -> int:
    """How many brokers the cluster names that answers at this address; 0 when none answers."""
    settings: dict[str, Any] = {
        "log_level": 0,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "error_cb": _seen,
    }
    try:
        return len(AdminClient(client_of(bootstrap, settings)).list_topics(timeout=seconds).brokers)
    except KafkaException:
        return 0


def _seen(_error: object) -> None:
    """Refused connections are expected while a broker starts; the caller's time limit deals with them."""


def redis_answers(url: str, seconds: float = ASK_SECONDS) -> bool:
    """Whether a Redis answers a ping at this URL."""
    try:
        # One try: the client would repeat it for seconds where its caller wants to know now.
        once = Retry(NoBackoff(), 0)
        with Redis.from_url(url, socket_connect_timeout=seconds, socket_timeout=seconds, retry=once) as client:
            return bool(client.ping())
    except (RedisError, ValueError):
        return False


def wait_for_all(children: Iterable[Child], ready: Callable[[], bool], *, timeout: float) -> bool:
    """True once `ready()` holds; False when one of the children ended first. Raises Unavailable past the time."""
    deadline = time.monotonic() + timeout
    children = list(children)
    while not ready():
        if not all(child.alive() for child in children):
            return False
        if time.monotonic() > deadline:
            names = ", ".join(child.name for child in children) or "the container"
            raise Unavailable(f"{names} was not ready after {timeout:.0f} s")
        time.sleep(POLL_SECONDS)
    return True

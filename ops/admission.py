"""At the door of Kafka and Redis: who is refused hears at once why, and what to do, before anything is begun."""

import logging
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import redis
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry

from connectors.brokers import HAS_NO_TLS, WANTS_TLS, Brokers, client_of, kafka_refusal
from connectors.certificates import anybody, handshake, speaks_tls, untrusted
from connectors.errors import Refusal
from connectors.kafka_version import OLDEST, is_too_old
from connectors.redis_refusals import redis_refusal
from ops.access_settings import IN_A_PASSWORD
from ops.errors import Refused
from ops.settings import without_password

__all__ = ["let_in", "let_in_by_redis", "tls_of_kafka", "tls_of_redis"]

logger = logging.getLogger("c360.kafka")

ANSWER_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.02


def let_in(brokers: Brokers) -> Brokers:
    """The brokers, unless they refuse this client or are too old: then Refused. Silent ones pass: whoever needs them
    waits.
    """
    _expect_new(brokers)
    errors: list[KafkaError] = []
    # Told once, as the error, and not by the client's own voice as well.
    settings: dict[str, Any] = {**client_of(brokers, {"client.id": "c360-knocks"}), "error_cb": errors.append}
    admin = AdminClient(settings)
    answer = admin.describe_cluster(request_timeout=ANSWER_SECONDS)
    deadline = time.monotonic() + ANSWER_SECONDS
    while not answer.done() and time.monotonic() < deadline:
        admin.poll(POLL_SECONDS)
        refusal = next(filter(None, map(kafka_refusal, errors)), None)
        is_down = any(error.code() == KafkaError._ALL_BROKERS_DOWN for error in errors)  # noqa: SLF001  its public name
        if refusal is not None or is_down:
            _judge(brokers, refusal)
            break
    return brokers


def _expect_new(brokers: Brokers) -> None:
    for host, port in _each(brokers):
        # Whom to trust is not judged here: nothing secret is said.
        context = anybody() if _wants_tls(brokers) else None
        if is_too_old(host, port, context, ANSWER_SECONDS):
            raise Refused(
                f"Kafka at {brokers} is older than {OLDEST}, and could not keep two workers apart", "upgrade it"
            )


def _judge(brokers: Brokers, refusal: Refusal | None) -> None:
    """Raises Refused, unless it may be a broker that was just going away.

    librdkafka tells a lost connection like a listener of another protocol, an expired certificate like an unknown
    authority, and on a busy machine either as no more than hung up: one more handshake knows better.
    """
    wants_tls = _wants_tls(brokers)
    for host, port in _each(brokers):
        found = speaks_tls(host, port, ANSWER_SECONDS)
        if found is None:
            continue
        distrust = _untrusted(host, port, brokers.access) if found and wants_tls else None
        if found != wants_tls:
            refusal = WANTS_TLS if found else HAS_NO_TLS
        elif distrust is not None:
            refusal = distrust
        elif refusal is None or not refusal.definite:
            _warn(brokers)
            continue
        raise Refused(f"Kafka at {brokers} {refusal.said}", refusal.cure)


def _wants_tls(brokers: Brokers) -> bool:
    return "ssl" in brokers.access.get("security.protocol", "")


def _warn(brokers: Brokers) -> None:
    logger.warning(
        "Kafka at %s is there, but hangs up: where that lasts, set C360_KAFKA_SECURITY_PROTOCOL to what its listener "
        "has (it is %s here)",
        brokers,
        brokers.access.get("security.protocol", "plaintext").upper(),
    )


def _each(brokers: Brokers) -> Iterator[tuple[str, int]]:
    for address in brokers.addresses.split(","):
        host, _, port = address.strip().rpartition(":")
        if not port.isdecimal():
            said = f"{address} (C360_KAFKA_BOOTSTRAP) is no address of a Kafka"
            raise Refused(said, "name it as host:port[,host:port]")
        yield host.strip("[]"), int(port)


def _untrusted(host: str, port: int, access: Mapping[str, str]) -> Refusal | None:
    try:
        handshake(host, port, tls_of_kafka(access), ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        ca_file = access.get("ssl.ca.location")
        why = untrusted(error, Path(ca_file) if ca_file else None, "its", "C360_KAFKA_CA_FILE")
        return None if why is None else Refusal(f"is not trusted, {why.said}", why.cure)
    return None


def tls_of_kafka(access: Mapping[str, str]) -> ssl.SSLContext:
    """What librdkafka is told of TLS, for Python's own."""
    return _context(*(access.get(f"ssl.{name}.location") for name in ("ca", "certificate", "key")))


def tls_of_redis(url: str) -> ssl.SSLContext:
    """What redis-py is told of TLS by its URL, for Python's own."""
    query = parse_qs(urlsplit(url).query)
    return _context(*(query.get(f"ssl_{name}", [None])[0] for name in ("ca_certs", "certfile", "keyfile")))


def _context(ca: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def let_in_by_redis(url: str) -> str:
    """The URL, unless Redis refuses this client: then Refused. A silent one passes: whoever needs it waits."""
    where = without_password(url).partition("?")[0]
    try:
        client: Any = redis.Redis.from_url(
            url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        # What redis-py says of it may hold a piece of the password.
        cure = f"write it as redis://host:6379/0 (rediss:// with TLS); {IN_A_PASSWORD}"
        raise Refused(f"{where} (C360_REDIS_URL) is no address of a Redis", cure) from None
    try:
        client.ping()
    except RedisError as error:
        refusal = _of_redis(url, error)
        if refusal is not None:
            raise Refused(f"Redis at {where} can't be used, {refusal.said}", refusal.cure) from None
    finally:
        client.close()
    return url


def _of_redis(url: str, error: RedisError) -> Refusal | None:
    """Why it does not let us in, for certain; what may pass by itself is no reason to give up."""
    parts = urlsplit(url)
    ca_file = parse_qs(parts.query).get("ssl_ca_certs")
    refusal = redis_refusal(error, Path(ca_file[0]) if ca_file else None)
    if refusal is None or isinstance(error, AuthenticationError) or str(error).startswith("NOAUTH"):
        return refusal
    found = speaks_tls(parts.hostname or "", parts.port or 6379, ANSWER_SECONDS)
    wants_tls = parts.scheme == "rediss"
    is_trust = found is True and wants_tls and "certificate" in refusal.said
    return refusal if is_trust or (found is not None and found != wants_tls) else None

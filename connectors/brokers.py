"""Kafka as clients reach it: its addresses and what lets them in; a refusal is told in words, with its cure."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from confluent_kafka import KafkaError

from connectors.errors import Refusal

__all__ = ["HAS_NO_TLS", "WANTS_TLS", "Brokers", "Kafka", "client_of", "in_words", "kafka_refusal", "onlooker_of"]

logger = logging.getLogger("c360.kafka")

_OPEN: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Brokers:
    """A cluster that asks who comes; shown, it is its addresses alone."""

    addresses: str
    """host:port[,host:port]"""
    access: Mapping[str, str] = field(default_factory=dict, repr=False)
    """librdkafka's settings of protocol, certificates, user and password."""

    def __str__(self) -> str:
        return self.addresses


Kafka = str | Brokers
"""A cluster; one that is open to everybody may be given by its addresses alone."""


def client_of(kafka: Kafka, settings: Mapping[str, Any] = _OPEN) -> dict[str, Any]:
    """What a librdkafka client of this cluster is made with: `settings`, addresses and access.

    Whatever client it is, one that is refused says so in the log, once for each reason, while it goes on trying.
    """
    access = kafka.access if isinstance(kafka, Brokers) else _OPEN
    tell = _Refusals(str(kafka), settings.get("error_cb"))
    return {"log_level": 0, **settings, "bootstrap.servers": str(kafka), **access, "error_cb": tell}


def onlooker_of(kafka: Kafka, name: str, **others: Any) -> dict[str, Any]:
    """What a consumer that takes no part in a group is made with: committed records alone, and partitions tell ends.

    Where it is to begin and nothing is kept any more, it begins at the first that is. `others`: settings beside these,
    or instead of them.
    """
    settings: dict[str, Any] = {
        "group.id": name,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "fetch.wait.max.ms": 20,
    }
    return client_of(kafka, settings | others)


class _Refusals:
    """An `error_cb` that tells refusals, then hands every error on."""

    def __init__(self, where: str, then: Callable[[KafkaError], object] | None) -> None:
        self._where = where
        self._then = then
        self._told: Refusal | None = None

    def __call__(self, error: KafkaError) -> None:
        refusal = kafka_refusal(error)
        if refusal is not None and refusal != self._told:
            self._told = refusal
            logger.error("Kafka at %s %s", self._where, refusal)
        if self._then is not None:
            self._then(error)


def kafka_refusal(error: KafkaError) -> Refusal | None:
    """Why Kafka can't be asked, or does not let this client in or do this; None when the error is another one."""
    said = error.str()
    return _unreadable(said) or _of_the_port(said) or _of_the_broker(error, said)


def _unreadable(said: str) -> Refusal | None:
    for option, setting in _FILES.items():
        if f"{option} failed" in said:
            return Refusal(f"can't be asked ({said})", f"see that the file of {setting} is there and can be read")
    return None


def _of_the_port(said: str) -> Refusal | None:
    return next((refusal for words, refusal in _SPOKEN.items() if words in said), None)


def _of_the_broker(error: KafkaError, said: str) -> Refusal | None:
    if error.code() in _FORBIDDEN:
        return Refusal(f"forbids it ({said})", f"{_RIGHTS}; `c360 doctor` names those that are missing")
    if error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001  the library's public name
        return _unknown(said)
    if "SSL alert" in said:
        cure = "set C360_KAFKA_CERTIFICATE_FILE and C360_KAFKA_KEY_FILE to one that it accepts and that has not expired"
        return Refusal(f"wants another certificate of this client, or any ({said})", cure)
    if error.code() == KafkaError._SSL or "SSL handshake failed" in said:  # noqa: SLF001  the library's public name
        return _untrusted(said)
    return None


WANTS_TLS: Final = Refusal(
    "hangs up on a client without TLS",
    "set C360_KAFKA_SECURITY_PROTOCOL to SASL_SSL or SSL, as that listener has it",
    definite=False,
)
HAS_NO_TLS: Final = Refusal(
    "speaks no TLS on this port",
    "set C360_KAFKA_SECURITY_PROTOCOL to what that listener has, or name the port of one with TLS",
    definite=False,
)


def in_words(error: KafkaError) -> str:
    """What is wrong, with its cure where somebody has to do something; without a full stop."""
    if error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):  # noqa: SLF001  its public name
        return f"{error.str()}: run `c360 topics create`"
    refusal = kafka_refusal(error)
    return error.str() if refusal is None else f"it {refusal}"


_FILES: Final = {
    "ssl.ca.location": "C360_KAFKA_CA_FILE",
    "ssl.certificate.location": "C360_KAFKA_CERTIFICATE_FILE",
    "ssl.key.location": "C360_KAFKA_KEY_FILE",
}
"""What librdkafka reads when a client is made: a rotation may take it away from one that runs."""
_SPOKEN: Final = {
    "connecting to a SSL listener": WANTS_TLS,
    "connecting to a PLAINTEXT": HAS_NO_TLS,
    # OpenSSL's words. They come as a failed handshake or, when the answer is there at once, as a broken connection.
    "wrong version number": HAS_NO_TLS,
}
"""Words that show with whom it was tried."""
_RIGHTS: Final = "give C360_KAFKA_USER the rights that ops/OPERATIONS.md lists"
_FORBIDDEN: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)


def _unknown(said: str) -> Refusal:
    if "nsupported" in said:
        cure = "set C360_KAFKA_SASL_MECHANISM to one that its listener has enabled"
        return Refusal(f"does not take this SASL mechanism ({said})", cure)
    cure = (
        "correct C360_KAFKA_USER and C360_KAFKA_PASSWORD_FILE, or give it this user (kafka-configs --entity-type users)"
    )
    return Refusal("refuses user or password", cure)


def _untrusted(said: str) -> Refusal:
    cure = "run `c360 doctor`, which says whether the certificate has expired or C360_KAFKA_CA_FILE lacks its authority"
    return Refusal(f"fails at TLS ({said})", cure)

"""Certificates that end soon: those that Kafka and Redis show, and those that c360 shows."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates

from connectors.brokers import Brokers
from connectors.certificates import handshake
from ops.admission import tls_of_kafka, tls_of_redis
from ops.doctor.findings import Area, Finding, fault, ok, warning
from ops.settings import Settings, variable_of

__all__ = ["SOON", "judge_end", "shown_by_kafka", "shown_by_redis", "shown_by_us"]

SOON: Final = timedelta(days=21)
ANSWER_SECONDS: Final = 5.0
_OURS: Final[Mapping[str, Area]] = {
    "kafka_certificate_file": "kafka",
    "redis_certificate_file": "redis",
    "api_tls_certificate": "settings",
}


def shown_by_kafka(brokers: Brokers) -> dict[str, datetime]:
    """Broker -> until when what it shows is valid; those that show nothing are left out."""
    if "ssl" not in brokers.access.get("security.protocol", ""):
        return {}
    found = {}
    for address in brokers.addresses.split(","):
        host, _, port = address.strip().rpartition(":")
        ends = _end(host.strip("[]"), int(port), lambda: tls_of_kafka(brokers.access))
        if ends is not None:
            found[f"Kafka at {address.strip()}"] = ends
    return found


def shown_by_redis(url: str) -> dict[str, datetime]:
    """The same of Redis."""
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return {}
    ends = _end(parts.hostname or "", parts.port or 6379, lambda: tls_of_redis(url))
    return {} if ends is None else {f"Redis at {parts.hostname}:{parts.port or 6379}": ends}


def _end(host: str, port: int, trusting: Callable[[], ssl.SSLContext]) -> datetime | None:
    try:
        return handshake(host, port, trusting(), ANSWER_SECONDS)
    except (OSError, ValueError):
        # Why it can't be reached is a finding of its own.
        return None


def shown_by_us(settings: Settings, now: datetime) -> Iterator[Finding]:
    """What of our own files ends soon, or holds no certificate."""
    for name, area in _OURS.items():
        file: Path | None = getattr(settings, name)
        if file is None:
            continue
        try:
            ends = min(one.not_valid_after_utc for one in load_pem_x509_certificates(file.read_bytes()))
        except (OSError, ValueError) as error:
            said = f"{file} ({variable_of(name)}) holds no certificate in PEM: {error}."
            yield fault(area, said, "Name the file of the certificate and its chain.")
            continue
        yield from judge_end(area, f"{file} ({variable_of(name)})", ends, now)


def judge_end(area: Area, whose: str, ends: datetime, now: datetime) -> Iterator[Finding]:
    """A certificate that ends within SOON is warned of, one that has ended is a fault."""
    if ends <= now:
        said = f"The certificate of {whose} has expired on {ends:%Y-%m-%d}."
        yield fault(area, said, "Renew it, and start again those that use it.")
    elif ends - now < SOON:
        said = f"The certificate of {whose} expires in {(ends - now).days} days, on {ends:%Y-%m-%d}."
        yield warning(area, said, "Renew it before then: from that moment on nobody is let in.")
    else:
        yield ok(area, f"The certificate of {whose} is valid until {ends:%Y-%m-%d}.")

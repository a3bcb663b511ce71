"""How Kafka and Redis are reached, made from the settings: once for librdkafka, once for Faust, once for redis-py."""

import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr

from connectors.brokers import Brokers
from ops.errors import OperatorError
from ops.settings import Settings, variable_of

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT

__all__ = ["brokers_of", "credentials_of", "redis_url_of", "secret_of"]


def brokers_of(settings: Settings, addresses: str) -> Brokers:
    """For librdkafka. OperatorError when the password's file can't be read."""
    access = {
        "security.protocol": settings.kafka_security_protocol.lower(),
        "ssl.ca.location": _path(settings.kafka_ca_file),
        "ssl.certificate.location": _path(settings.kafka_certificate_file),
        "ssl.key.location": _path(settings.kafka_key_file),
        "sasl.mechanism": settings.kafka_sasl_mechanism if settings.kafka_user else None,
        "sasl.username": settings.kafka_user,
        "sasl.password": secret_of(settings, "kafka_password"),
    }
    return Brokers(addresses, {name: value for name, value in access.items() if value is not None})


def credentials_of(settings: Settings) -> "CredentialsT | None":
    """The same for Faust and its aiokafka; None for a Kafka that is open to everybody."""
    # Faust takes half a second to load: only its worker pays for it.
    from faust.auth import SASLCredentials, SSLCredentials

    context = _tls(settings) if "SSL" in settings.kafka_security_protocol else None
    if settings.kafka_user is not None:
        return SASLCredentials(
            username=settings.kafka_user,
            password=secret_of(settings, "kafka_password"),
            ssl_context=context,
            mechanism=settings.kafka_sasl_mechanism,
        )
    return None if context is None else SSLCredentials(context)


def redis_url_of(settings: Settings, url: str) -> str:
    """The URL with user, password and certificates in it, as redis-py takes it; never to be shown as it is."""
    parts = urlsplit(url)
    password = secret_of(settings, "redis_password")
    login = parts.netloc.rpartition("@")[0]
    if settings.redis_user is not None or password is not None:
        login = f"{quote(settings.redis_user or '', safe='')}:{quote(password or '', safe='')}"
    tls = {
        "ssl_ca_certs": _path(settings.redis_ca_file),
        "ssl_certfile": _path(settings.redis_certificate_file),
        "ssl_keyfile": _path(settings.redis_key_file),
    }
    query = dict(parse_qsl(parts.query)) | {name: path for name, path in tls.items() if path is not None}
    netloc = f"{login}@{parts.netloc.rpartition('@')[2]}" if login else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query, safe="/")))


def secret_of(settings: Settings, name: str) -> str | None:
    """What the setting `name`, else the file of `name`_file, holds. OperatorError when it holds nothing."""
    given: SecretStr | None = getattr(settings, name)
    if given is not None:
        return given.get_secret_value()
    file: Path | None = getattr(settings, f"{name}_file")
    if file is None:
        return None
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no text"
        raise OperatorError(f"{file} ({variable_of(name)}_FILE) can't be read: {said}.") from None
    if not secret:
        raise OperatorError(f"{file} ({variable_of(name)}_FILE) is empty, and should hold the secret alone.")
    return secret


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=_path(settings.kafka_ca_file))
        if settings.kafka_certificate_file is not None:
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file)
    except OSError as error:
        raise OperatorError(
            f"The certificates for Kafka can't be used ({error}): C360_KAFKA_CA_FILE, C360_KAFKA_CERTIFICATE_FILE and "
            "C360_KAFKA_KEY_FILE should be PEM files, the key without a passphrase and of that certificate."
        ) from None
    return context


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file.absolute())

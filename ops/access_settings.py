"""Settings that let c360 in: TLS and users of Kafka and Redis, secrets by value or, better, by file."""

from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings

__all__ = ["IN_A_PASSWORD", "AccessSettings"]

IN_A_PASSWORD: Final = "percent-encode / # ? @ [ ] in its password"


class AccessSettings(BaseSettings):
    """What belongs together is given together, or the sentence says what is missing."""

    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT",
        description="How the listener of Kafka is spoken to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
    )
    kafka_ca_file: FilePath | None = Field(
        default=None, description="PEM file of the authorities that sign Kafka's certificates; empty: the system's."
    )
    kafka_certificate_file: FilePath | None = Field(
        default=None, description="PEM file of the client certificate shown to Kafka, where it wants one."
    )
    kafka_key_file: FilePath | None = Field(default=None, description="PEM file of its key.")
    kafka_sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="How user and password are shown to Kafka: SCRAM-SHA-512 or SCRAM-SHA-256."
    )
    kafka_user: str | None = Field(default=None, min_length=1, description="Kafka's name for this process.")
    kafka_password: SecretStr | None = Field(default=None, min_length=1, description="Its password.")
    kafka_password_file: FilePath | None = Field(default=None, description="File that holds its password, and no more.")
    redis_ca_file: FilePath | None = Field(
        default=None, description="PEM file of the authorities that sign Redis' certificate (rediss://)."
    )
    redis_certificate_file: FilePath | None = Field(
        default=None, description="PEM file of the client certificate shown to Redis, where it wants one."
    )
    redis_key_file: FilePath | None = Field(default=None, description="PEM file of its key.")
    redis_user: str | None = Field(default=None, min_length=1, description="Redis' name (ACL user) for this process.")
    redis_password: SecretStr | None = Field(default=None, min_length=1, description="Its password.")
    redis_password_file: FilePath | None = Field(default=None, description="File that holds its password, and no more.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for sentence in (*self._of_kafka(), *self._of_redis()):
            raise ValueError(sentence)
        return self

    def _of_kafka(self) -> list[str]:
        protocol = self.kafka_security_protocol
        named = _given(self, "kafka_user", "kafka_password", "kafka_password_file")
        tls = _given(self, "kafka_ca_file", "kafka_certificate_file", "kafka_key_file")
        wrong = _pairs(self, "kafka")
        if protocol.startswith("SASL") and not self.kafka_user:
            wrong.append(f"C360_KAFKA_SECURITY_PROTOCOL is {protocol}, which needs C360_KAFKA_USER and its password.")
        if named and not protocol.startswith("SASL"):
            wrong.append(f"{named[0]} is set, but C360_KAFKA_SECURITY_PROTOCOL is {protocol}: set it to SASL_SSL.")
        if tls and "SSL" not in protocol:
            wrong.append(f"{tls[0]} is set, but C360_KAFKA_SECURITY_PROTOCOL is {protocol}: set it to SASL_SSL or SSL.")
        if protocol != "PLAINTEXT" and not getattr(self, "kafka_bootstrap", None):
            wrong.append(f"C360_KAFKA_SECURITY_PROTOCOL is {protocol}, but C360_KAFKA_BOOTSTRAP names no Kafka.")
        return wrong

    def _of_redis(self) -> list[str]:
        url = getattr(self, "redis_url", None) or ""
        given = _given(self, *(name for name in AccessSettings.model_fields if name.startswith("redis_")))
        tls = _given(self, "redis_ca_file", "redis_certificate_file", "redis_key_file")
        wrong = _pairs(self, "redis")
        if not _falls_into_parts(url):
            # The sentence is without the URL: what of it is the password can't be told for certain.
            wrong.append(
                f"C360_REDIS_URL is not like redis://user:password@host:6379/0: {IN_A_PASSWORD} (%2F %23 %3F %40 %5B "
                "%5D), or set C360_REDIS_PASSWORD_FILE instead."
            )
        if given and not url:
            wrong.append(f"{given[0]} is set, but C360_REDIS_URL names no Redis.")
        elif tls and not url.startswith("rediss://"):
            wrong.append(f"{tls[0]} is set, but C360_REDIS_URL is without TLS: let it begin with rediss://.")
        return wrong


def _falls_into_parts(url: str) -> bool:
    """Whether host and port of a URL are where they seem to be, not within a password that ends later."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme == "unix" or "@" not in parts.path + parts.query + parts.fragment


def _given(settings: AccessSettings, *names: str) -> list[str]:
    return [f"C360_{name.upper()}" for name in names if getattr(settings, name) is not None]


def _pairs(settings: AccessSettings, of: str) -> list[str]:
    """What misses its other half, or is given twice."""
    value: dict[str, Path | str | SecretStr | None] = {
        name: getattr(settings, f"{of}_{name}")
        for name in ("certificate_file", "key_file", "user", "password", "password_file")
    }
    prefix, wrong = f"C360_{of.upper()}", []
    if (value["certificate_file"] is None) != (value["key_file"] is None):
        wrong.append(f"A client certificate needs both: set {prefix}_CERTIFICATE_FILE and {prefix}_KEY_FILE.")
    if value["password"] is not None and value["password_file"] is not None:
        wrong.append(f"The password is given twice: set {prefix}_PASSWORD_FILE or {prefix}_PASSWORD, not both.")
    if value["user"] is not None and value["password"] is None and value["password_file"] is None:
        wrong.append(f"{prefix}_USER is set without a password: set {prefix}_PASSWORD_FILE.")
    return wrong

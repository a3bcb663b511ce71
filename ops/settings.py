"""Every setting of c360, in one place: environment variables with the prefix `C360_`."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AliasChoices,
    AwareDatetime,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from ops.access_settings import AccessSettings
from ops.errors import OperatorError
from schemas.topics import INPUT_TOPICS

PREFIX = "C360_"
# Read by the tests and CI, not by c360.
NOT_SETTINGS = frozenset(
    {"C360_REQUIRE_KAFKA", "C360_REQUIRE_CHROMIUM", "C360_REQUIRE_COMPOSE", "C360_REQUIRE_PROMETHEUS"}
)

Tier = Literal["external", "docker", "maven", "embedded"]


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "c360"


def _unprefixed(name: str) -> AliasChoices:
    """`C360_<NAME>`, else `<NAME>`, as other Kafka and Redis tools call it."""
    return AliasChoices(f"{PREFIX}{name.upper()}", name.upper())


class Settings(AccessSettings):
    """What an operator can set; each field says what it means and what is allowed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, populate_by_name=True, extra="forbid", frozen=True
    )

    kafka_bootstrap: str | None = Field(
        default=None,
        validation_alias=_unprefixed("kafka_bootstrap"),
        description="host:port[,host:port] of a Kafka that is already there; empty: start one.",
    )
    redis_url: str | None = Field(
        default=None,
        validation_alias=_unprefixed("redis_url"),
        description="redis://host:port/db (rediss:// with TLS) of a Redis that is already there; empty: start one.",
    )
    index_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Secret under which phones, documents, organisation codes, accounts and contracts are hashed in "
        "Redis, 16 characters or more, the same for projector and lookups; empty: one kept in C360_HOME.",
    )
    index_key_file: FilePath | None = Field(default=None, description="File that holds that secret, and no more.")
    tier: Tier | None = Field(
        default=None,
        description="Where Kafka and Redis come from: external, docker, maven (real Kafka by Java) "
        "or embedded (from Python wheels); empty: the first that works.",
    )
    home: Path = Field(
        default=Path(".c360"),
        description="Folder of the running system: run.json, logs, data.",
    )
    cache: Path = Field(
        default_factory=_default_cache,
        description="Folder of downloaded jars, kept between runs and checkouts.",
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=1024,
        description="Partitions of every topic keyed by customer; 1 to 1024.",
    )
    consumer_group: str = Field(default="c360-worker", min_length=1, description="Kafka consumer group of the workers.")
    clock: Literal["event", "wall"] = Field(
        default="wall",
        description="What moves time: wall (the real clock) or event (the clock topic, in a replay).",
    )
    bank_timezone: str = Field(
        default="UTC",
        description="IANA time zone in which the bank's days begin, such as Europe/Prague.",
    )
    delivery_file: FilePath | None = Field(
        default=None, description="YAML file of channels, routes and contact budget of `c360 deliver`."
    )
    delivery_group: str = Field(
        default="c360-deliverer",
        min_length=1,
        description="Kafka consumer group of the delivery; another one delivers everything again.",
    )
    deliverer_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the deliverer's /metrics; 0: a free one."
    )
    rules_file: FilePath | None = Field(
        default=None,
        description="YAML file that `c360 rules seed` and the demo put into alert-rules; empty: the one shipped.",
    )
    transactions: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="One Kafka transaction per flush: auto (where the broker has them), on, off.",
    )
    raise_after: AwareDatetime | None = Field(
        default=None,
        description="Alerts whose cause is older are not raised (an instant with its offset, "
        "such as 2026-11-23T00:00:00Z); empty: all are.",
    )
    closed_alert_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days after which a closed alert leaves the view; empty: never. What could have raised an alert "
        "longer ago goes to late-events.",
    )
    dead_letter_limit: int = Field(
        default=10_000,
        ge=1,
        description="So many dead letters in a row stop a partition; 1 or more.",
    )
    set_aside: str = Field(
        default="",
        description="Records to keep in dead-letters unfolded, as topic/partition/offset[,...]: for one at which the "
        "worker itself fails.",
    )
    store: Literal["memory", "rocksdb"] = Field(
        default="memory",
        description="Where a worker holds its views: memory (2 KB for a customer of 1 KB), or rocksdb "
        "(on disk in C360_HOME, for more customers than fit into memory).",
    )
    standby_replicas: int = Field(
        default=0,
        ge=0,
        le=3,
        description="Other workers that keep a warm copy of each partition, for a quick take-over; 0 to 3. "
        "Each copy takes as much memory as the partition.",
    )
    records_per_flush: int = Field(
        default=16_000,
        ge=1,
        le=100_000,
        description="Most records folded into one transaction; 1 to 100000. So many are taken only when they wait "
        "and are quickly done.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address on which worker, projector, deliverer and several API processes serve /metrics; a single "
        "API process does at its own.",
    )
    worker_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the worker's /metrics; 0: a free one."
    )
    projector_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Port of the projector's /metrics; 0: a free one."
    )
    session_timeout_ms: int = Field(
        default=10_000,
        ge=1_000,
        le=300_000,
        description="A worker silent for so long loses its partitions; 1000 to 300000 ms.",
    )
    api_host: str = Field(
        default="127.0.0.1", min_length=1, description="Address on which `c360 api` listens; other machines: with TLS."
    )
    api_port: int = Field(default=8360, ge=0, le=65535, description="Port of `c360 api`; 0: a free one.")
    api_tls_certificate: FilePath | None = Field(
        default=None, description="PEM file of the API's certificate chain; empty: plain HTTP."
    )
    api_tls_key: FilePath | None = Field(default=None, description="PEM file of its key.")
    api_client_authorities: FilePath | None = Field(
        default=None, description="PEM file of the authorities whose client certificates machines may show (mTLS)."
    )
    api_workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes of `c360 api` that share its port, as many as it may have cores; 1 to 64.",
    )
    api_metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Of several API processes: port of the first one's /metrics, the others' follow; 0: free ones. "
        "A single one serves /metrics on its own port.",
    )
    api_requests_per_second: float = Field(
        default=50,
        gt=0,
        le=100_000,
        description="Requests of each person or machine, counted by each API process for itself; the machines file may "
        "say more.",
    )
    api_connections: int = Field(
        default=12_000,
        ge=1,
        le=1_000_000,
        description="Connections each API process takes; more are told to come back.",
    )
    api_streams: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description="Streams of changes each API process serves at once; each takes some 36 KB.",
    )
    roles_file: FilePath | None = Field(
        default=None, description="YAML file of who may see what; empty: the roles shipped."
    )
    machines_file: FilePath | None = Field(
        default=None, description="YAML file of the machines that may ask, by API key or client certificate."
    )
    oidc_issuer: str | None = Field(default=None, description="URL of the OIDC issuer whose tokens the API takes.")
    oidc_audience: str = Field(default="c360", min_length=1, description="Audience (aud) that tokens have to name.")
    oidc_jwks_url: str | None = Field(
        default=None, description="Where the issuer's keys are; empty: as its discovery document says."
    )
    oidc_client_id: str = Field(
        default="c360-console", min_length=1, description="Client id by which the console signs in."
    )
    oidc_scope: str = Field(
        default="openid",
        pattern=r"^openid( [!#-\[\]-~]+)*$",
        description="What the console asks for at sign-in; some issuers renew with `openid offline_access` only.",
    )
    dev_issuer: bool = Field(
        default=False, description="true: an issuer for development, which asks for no password; on 127.0.0.1 only."
    )
    audit: Literal["required", "best-effort"] = Field(
        default="required",
        description="required: no answer when the look can't be written to lookup-audit; best-effort: a log line.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="Least severe log line written: debug, info, warning or error. While a process runs, SIGUSR1 makes "
        "its log a step more detailed, SIGUSR2 a step less.",
    )
    log_format: Literal["readable", "json"] = Field(
        default="readable", description="Log lines for people (readable), or for machines: a JSON object each (json)."
    )

    @field_validator("set_aside")
    @classmethod
    def _names_records(cls, text: str) -> str:
        for named in filter(None, text.split(",")):
            if not re.fullmatch(rf"({'|'.join(INPUT_TOPICS)})/\d+/\d+", named):
                raise ValueError("should be topic/partition/offset of input topics, separated by commas")
        return text

    @model_validator(mode="after")
    def _has_a_port_for_each(self) -> Self:
        first, highest = self.api_metrics_port, 65_536 - self.api_workers
        if self.api_workers > 1 and first > highest:
            raise ValueError(
                f"C360_API_METRICS_PORT is {first}, and each of {self.api_workers} API processes needs a port from "
                f"there on: set it to {highest} or less (0: free ones)."
            )
        return self

    def records_set_aside(self) -> frozenset[tuple[str, int, int]]:
        """(topic, partition, offset) of each record that `set_aside` names."""
        named = (record.split("/") for record in filter(None, self.set_aside.split(",")))
        return frozenset((topic, int(partition), int(offset)) for topic, partition, offset in named)

    @field_validator("bank_timezone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("should be an IANA time zone, such as UTC or Europe/Prague") from error
        return name


SECRETS: Final = frozenset({"index_key", "kafka_password", "redis_password"})
"""Fields whose value is never shown, not even a wrong one."""


def load_settings(**given: Any) -> Settings:
    """Read the settings from the environment; `given` (from command-line options) comes first.

    A given None means "not given". Raises OperatorError naming each wrong setting, the value it has and what is
    allowed.
    """
    unknown = unknown_variables(os.environ)
    if unknown:
        raise OperatorError("\n".join(unknown))
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise OperatorError("\n".join(_in_words(error))) from error


def unknown_variables(names: Iterable[str]) -> list[str]:
    """A sentence for each variable that looks like a setting but is none: a typo must not pass."""
    known = {variable_of(field) for field in Settings.model_fields}
    wrong = sorted(name for name in names if name.startswith(PREFIX) and name not in known | NOT_SETTINGS)
    return [_unknown(name, known) for name in wrong]


def _unknown(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "see `c360 settings` for those that are."
    return f"{name} is not a setting of c360: {hint}"


def variable_of(field: str) -> str:
    """The environment variable of a field, with its prefix."""
    return f"{PREFIX}{field.upper()}"


def _in_words(error: ValidationError) -> list[str]:
    """One line for each wrong setting; a union reports each branch, so the first one stands."""
    seen: dict[str, str] = {}
    for detail in error.errors():
        said = detail["msg"].removeprefix("Value error, ")
        if not detail["loc"]:
            # Of several settings together.
            seen.setdefault("", said)
            continue
        field = str(detail["loc"][0]).removeprefix(PREFIX).lower()
        what = "is not shown" if field in SECRETS else f"is {without_password(str(detail['input']))!r}"
        allowed = said.removeprefix("Input ")
        seen.setdefault(field, f"Setting {field} ({variable_of(field)}) {what}: it {allowed}.")
    return list(seen.values())


def without_password(value: str) -> str:
    """The value as it may be shown: a URL's password is replaced by stars.

    Up to the last @: a password whose / # ? @ are not percent-encoded makes no good URL, and is not shown either.
    """
    value = re.sub(r"(://[^:]*:).*@", r"\1***@", value, flags=re.DOTALL)
    return re.sub(r"([?&](?:ssl_)?password=)[^&\s]*", r"\1***", value)


@dataclass(frozen=True)
class SettingRow:
    """One setting as `c360 settings` shows it."""

    name: str
    variable: str
    default: str
    value: str
    meaning: str


def describe(settings: Settings) -> list[SettingRow]:
    """Every setting with its environment variable, default, value in force and meaning."""
    return [
        SettingRow(
            name=name,
            variable=variable_of(name),
            default=_shown(field.get_default(call_default_factory=True, validated_data={})),
            value=_shown(getattr(settings, name)),
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: object) -> str:
    return "" if value is None else without_password(str(value))

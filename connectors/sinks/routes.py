"""Who is told of what, and how often: the delivery file."""

from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.loopback import LOOPBACK
from connectors.sinks.contact_budget import Limits
from schemas.alerts import Alert, AlertKind, Severity

__all__ = ["BudgetOfSeverity", "DeliveryFile", "EmailChannel", "RetrySettings", "Route", "WebhookChannel"]

"""To this machine alone secrets and alerts may go in the clear."""

Seconds = Annotated[float, Field(gt=0, le=3600)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Channel(_Part):
    people: bool = True
    """Whether people are told through it: then the contact budget holds, and what is old is kept back."""
    timeout_seconds: Seconds = 10.0
    ca_file: Path | None = None
    """Certificates to trust in place of the system's."""


class WebhookChannel(_Channel):
    """A signed POST; the secret stands in an environment variable or in a file, never here."""

    kind: Literal["webhook"]
    url: str
    secret_env: str | None = None
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _has_a_secret(self) -> "WebhookChannel":
        if (self.secret_env is None) == (self.secret_file is None):
            raise ValueError("either secret_env or secret_file should name the secret that signs its requests")
        return self


class EmailChannel(_Channel):
    """A mail over SMTP to whom an alert is addressed; a password stands in an environment variable or in a file."""

    kind: Literal["email"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    sender: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    tls: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password_env: str | None = None
    password_file: Path | None = None
    addresses: dict[str, Annotated[str, Field(pattern=r"^[^@\s,]+@[^@\s,]+$")]] = {}
    """Addressee -> address."""
    pattern: Annotated[str, Field(pattern=r"^\{to\}@[^@\s,]+$")] | None = None
    """For addressees that are not in the book, such as `{to}@bank.example`."""

    @model_validator(mode="after")
    def _has_one_password(self) -> "EmailChannel":
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("password_env or password_file should name the password, not both")
        return self

    @model_validator(mode="after")
    def _sends_no_password_in_the_clear(self) -> "EmailChannel":
        if self.tls == "none" and self.username is not None and self.host not in LOOPBACK:
            raise ValueError(
                f"with tls none the password of {self.username} would go to {self.host} in the clear: "
                "tls should be starttls or tls, or username left out"
            )
        return self


class Route(_Part):
    """Alerts that pass every condition given go to all of its channels."""

    channels: Annotated[tuple[Name, ...], Field(min_length=1)]
    kinds: tuple[AlertKind, ...] | None = None
    severities: tuple[Severity, ...] | None = None
    to: tuple[str, ...] | None = None
    """Patterns of addressees, such as `M*` or `complaints-desk`."""
    changes: tuple[str, ...] | None = None
    """Such as raised, addressed, escalated."""

    def takes(self, alert: Alert) -> bool:
        """Whether the alert passes."""
        return (
            (self.kinds is None or alert.kind in self.kinds)
            and (self.severities is None or alert.severity in self.severities)
            and (self.changes is None or alert.change in self.changes)
            and (self.to is None or any(fnmatchcase(alert.to, pattern) for pattern in self.to))
        )


class BudgetOfSeverity(_Part):
    """How often people are told; what is left out has no limit."""

    per_customer: Annotated[int, Field(ge=1)] | None = None
    per_addressee: Annotated[int, Field(ge=1)] | None = None
    window_hours: Annotated[float, Field(gt=0, le=24 * 31)] = 24.0
    cool_down_minutes: Annotated[float, Field(ge=0, le=60 * 24)] = 0.0

    def limits(self) -> Limits | None:
        """As the contact budget takes them; None when there are none."""
        if self.per_customer is None and self.per_addressee is None and not self.cool_down_minutes:
            return None
        window, cool_down = timedelta(hours=self.window_hours), timedelta(minutes=self.cool_down_minutes)
        return Limits(self.per_customer, self.per_addressee, window, cool_down)


class RetrySettings(_Part):
    """So many attempts, each after twice the wait of the one before, with jitter."""

    attempts: Annotated[int, Field(ge=1, le=100)] = 8
    first_seconds: Seconds = 0.5
    longest_seconds: Seconds = 60.0


_REGULATORY: Final = (
    AlertKind.COMPLAINT_REMINDER,
    AlertKind.ACKNOWLEDGEMENT_OVERDUE,
    AlertKind.RESOLUTION_OVERDUE,
)


class DeliveryFile(_Part):
    """The whole file."""

    channels: dict[Name, Annotated[WebhookChannel | EmailChannel, Field(discriminator="kind")]]
    routes: list[Route]
    budget: dict[Severity, BudgetOfSeverity] = {}
    regulatory: tuple[AlertKind, ...] = _REGULATORY
    """Never held back: the bank must tell them in time."""
    stale_after_hours: Annotated[float, Field(gt=0)] = 72.0
    """What entered Kafka longer ago is not told to people any more."""
    retry: RetrySettings = RetrySettings()

    @model_validator(mode="after")
    def _channels_are_there(self) -> "DeliveryFile":
        for number, route in enumerate(self.routes):
            unknown = [name for name in route.channels if name not in self.channels]
            if unknown:
                known = ", ".join(self.channels) or "none"
                raise ValueError(f"routes[{number}].channels names {unknown[0]!r}; the channels are: {known}")
        return self

    def channels_of(self, alert: Alert) -> Iterable[str]:
        """The channels that an alert goes to, each once."""
        return dict.fromkeys(name for route in self.routes if route.takes(alert) for name in route.channels)

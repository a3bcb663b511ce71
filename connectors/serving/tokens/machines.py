"""Machines that may ask: by an API key, of which only a hash is kept, or by a client certificate."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.serving.access.person import Person
from connectors.serving.tokens.errors import NotProved

__all__ = ["Machine", "Machines", "MachinesWrong", "new_key", "read_machines"]

_PREFIX: Final = "c360-"


class MachinesWrong(ValueError):
    """A machines file is not as it should be; the message names the place and what is expected."""


class Machine(BaseModel):
    """One machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    role: str
    key_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of its API key; `c360 api-key` makes both."""
    certificate: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """A DNS name, URI or common name in its client certificate."""
    manager: str | None = None
    branch: str | None = None
    requests_per_second: Annotated[float, Field(gt=0, le=100_000)] | None = None

    @model_validator(mode="after")
    def _can_prove_itself(self) -> Self:
        if self.key_sha256 is None and self.certificate is None:
            raise ValueError("should have key_sha256, or certificate, or both")
        return self

    def as_person(self) -> Person:
        """The machine as whoever asks."""
        return Person(
            f"machine:{self.name}",
            self.role,
            self.manager,
            self.branch,
            requests_per_second=self.requests_per_second,
        )


class _MachinesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    machines: list[Machine]


class Machines:
    """The machines that are known."""

    def __init__(self, machines: Iterable[Machine] = ()) -> None:
        listed = list(machines)
        self._by_key = {one.key_sha256: one.as_person() for one in listed if one.key_sha256}
        self._by_certificate = {one.certificate: one.as_person() for one in listed if one.certificate}

    def by_key(self, key: str) -> Person:
        """Whose API key it is. Raises NotProved."""
        # What is compared is a hash, so the time it takes tells nothing of the key.
        person = self._by_key.get(_sha256(key))
        if person is None:
            raise NotProved("invalid", "The API key is not known here: ask whoever keeps the machines file for one.")
        return person

    def by_certificate(self, names: Sequence[str]) -> Person:
        """Whose client certificate it is, by the names in it. Raises NotProved."""
        for name in names:
            if name in self._by_certificate:
                return self._by_certificate[name]
        raise NotProved("invalid", "The client certificate is of nobody known here: enter a name of it in the file.")


def read_machines(text: str, roles: Collection[str]) -> Machines:
    """The machines of a file. MachinesWrong also for a role that there is not, and two of one name or key."""
    try:
        content: Any = yaml.safe_load(text)
        machines = _MachinesFile.model_validate(content).machines
    except yaml.YAMLError as error:
        raise MachinesWrong(f"should be YAML: {error}") from None
    except ValidationError as invalid:
        detail = invalid.errors()[0]
        where = ".".join(str(part) for part in detail["loc"]) or "the file"
        raise MachinesWrong(f"{where}: {detail['msg'].removeprefix('Value error, ')}") from None
    for machine in machines:
        if machine.role not in roles:
            raise MachinesWrong(f"{machine.name}: role {machine.role} should be one of {', '.join(sorted(roles))}")
    for what in ("name", "key_sha256", "certificate"):
        stated = [value for machine in machines if (value := getattr(machine, what)) is not None]
        if len(stated) != len(set(stated)):
            raise MachinesWrong(f"two machines have the same {what}")
    return Machines(machines)


def new_key() -> tuple[str, str]:
    """A new API key, and its hash for the file."""
    key = _PREFIX + secrets.token_urlsafe(32)
    return key, _sha256(key)


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

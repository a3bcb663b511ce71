"""Roles as data: which customers a role may see, what is masked for it, and what it may do."""

from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

__all__ = ["Mask", "May", "Role", "RolesWrong", "default_roles", "read_roles"]

Rows = Literal["any", "own", "branch", "none"]

_DEFAULT: Final = "default_roles.yaml"


class RolesWrong(ValueError):
    """A roles file is not as it should be; the message names the place and what is expected, for a person."""


class Mask(StrEnum):
    """What may be kept from a role."""

    DOCUMENT_NUMBER = "document_number"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    BALANCES = "balances"
    """Every amount of money."""
    TEXTS = "texts"
    """What people wrote: a complaint's content, notes, comments, reasons."""


class May(StrEnum):
    """What a role may do."""

    CUSTOMERS = "customers"
    """Look up, find and search the customers of its rows, and follow their changes."""
    LISTS = "lists"
    """See portfolios, alerts and days to come of a manager or a branch."""
    TOP = "top"
    """See rankings; without rows, the figures alone."""
    ACT = "act"
    """Acknowledge, snooze, dismiss and resolve alerts of its customers."""
    OPERATIONS = "operations"
    """See how fresh every source is; no customer's data."""


class Role(BaseModel):
    """One role."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=80)]
    rows: Rows
    """any; own: whose host or co-host the person is; branch: of the person's branch; none: no customer."""
    masks: frozenset[Mask] = frozenset()
    may: frozenset[May]
    reason: Literal["optional", "required"] = "optional"
    """Whether a person has to say why he looks."""


class _RolesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    roles: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Role], Field(min_length=1)]


def read_roles(text: str) -> dict[str, Role]:
    """Role name -> role, of a roles file. Raises RolesWrong."""
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RolesWrong(f"should be YAML: {error}") from None
    try:
        return _RolesFile.model_validate(content).roles
    except ValidationError as invalid:
        raise RolesWrong("; ".join(_in_words(invalid))) from None


def default_roles() -> dict[str, Role]:
    """The roles shipped."""
    return read_roles((files(__package__) / _DEFAULT).read_text("utf-8"))


def _in_words(invalid: ValidationError) -> Iterator[str]:
    for detail in invalid.errors():
        where = ".".join(str(part) for part in detail["loc"]) or "the file"
        yield f"{where}: {detail['msg'].removeprefix('Value error, ')}"

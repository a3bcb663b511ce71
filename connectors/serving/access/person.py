"""Who asks."""

from dataclasses import dataclass

__all__ = ["Person"]


@dataclass(frozen=True, slots=True)
class Person:
    """A person or a machine that has proved who it is."""

    subject: str
    """What the issuer, or the machines file, calls it; stands in the audit trail."""
    role: str
    manager: str | None = None
    """The manager number of a person who looks after customers."""
    branch: str | None = None
    language: str | None = None
    requests_per_second: float | None = None
    """Its own limit; None: the one that everybody has."""
    until: float | None = None
    """Unix seconds at which what proved him ends; None: it does not."""

"""What the doctor finds."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "fault", "ok", "warning"]

Area = Literal["settings", "machine", "kafka", "topics", "rules", "redis"]
State = Literal["ok", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    area: Area
    state: State
    """fault: c360 does not work, or loses something, until it is cured; warning: look at it."""
    said: str
    cure: str = ""
    """What to do; empty when all is well."""


def ok(area: Area, said: str) -> Finding:
    """All is well."""
    return Finding(area, "ok", said)


def warning(area: Area, said: str, cure: str) -> Finding:
    """It works, but look at it."""
    return Finding(area, "warning", said, cure)


def fault(area: Area, said: str, cure: str) -> Finding:
    """It does not work, or loses something."""
    return Finding(area, "fault", said, cure)

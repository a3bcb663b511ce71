"""How old what Redis holds may be, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Freshness"]

_SILENT_AFTER_S: Final = 5.0
_RUNNING: Final = ("running", "handed over")
"""By a rebuild, to the projector."""
_STOPPED: Final = "stopped"


@dataclass(frozen=True)
class Freshness:
    """What the projector last said of itself and of the workers; each None when it said nothing."""

    heard_at: float | None
    """Unix seconds."""
    state: str | None
    """`running`, `stopped`, or what it waits for."""
    lag: int | None
    """Changes of views that stand in Kafka but not in Redis."""
    workers_behind: int | None
    """Events that no worker has folded."""

    @classmethod
    def of(cls, told: Mapping[bytes, bytes]) -> "Freshness":
        """From the projector's heartbeat in Redis."""
        text = {field.decode(): value.decode() for field, value in told.items()}
        return cls(
            heard_at=float(text["at"]) if text.get("at") else None,
            state=text.get("state"),
            lag=int(text["lag"]) if text.get("lag") else None,
            workers_behind=int(text["workers_behind"]) if text.get("workers_behind") else None,
        )

    def shortcomings(self, now: float) -> list[str]:
        """In words, why a view may be old; nothing when all is well. `now` in Unix seconds."""
        return [*self._of_projector(now), *self._of_workers()]

    def _of_projector(self, now: float) -> list[str]:
        if self.heard_at is None:
            return ["no projector has ever written here"]
        silent = now - self.heard_at
        if self.state == _STOPPED:
            return [f"the projector was stopped {duration(silent)} ago"]
        if silent > _SILENT_AFTER_S:
            return [f"the projector has been silent for {duration(silent)}: it is down, or cut off from Redis"]
        if self.state is not None and self.state not in _RUNNING:
            return [f"the projector waits for {self.state}"]
        return [f"{_counted(self.lag, 'change')} not shown yet: the projector is behind"] if self.lag else []

    def _of_workers(self) -> list[str]:
        if not self.workers_behind:
            return []
        return [f"{_counted(self.workers_behind, 'event')} not folded yet: the workers are behind, or down"]


def duration(seconds: float) -> str:
    """A length of time as a person says it: `0.4 s`, `12 s`, `5 min`, `3 h`, `12 days`."""
    if seconds < 1:
        return f"{max(seconds, 0):.1f} s"
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"

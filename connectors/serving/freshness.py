"""How old what Redis holds may be, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["Cause", "Freshness"]

_SILENT_AFTER_S: Final = 5.0
_RUNNING: Final = ("running", "handed over")
"""By a rebuild, to the projector."""
_STOPPED: Final = "stopped"


Cause = Literal["never_heard", "stopped", "silent", "waiting", "projector_behind", "workers_behind"]
"""Why a view may be old, for programs that find words of their own."""


@dataclass(frozen=True)
class Freshness:
    """What the projector last said of itself and of the workers; each None when it said nothing."""

    heard_at: float | None
    """Unix seconds."""
    state: str | None
    """`running`, `stopped`, or what it waits for."""
    lag: int | None
    """Changes of views that Redis did not have though they stood in Kafka a heartbeat before."""
    workers_behind: int | None
    """Events that no worker had folded though they stood in Kafka 2 s before."""

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
        return [said for _, said in self._found(now)]

    def causes(self, now: float) -> list[Cause]:
        """The same for programs."""
        return [cause for cause, _ in self._found(now)]

    def _found(self, now: float) -> list[tuple[Cause, str]]:
        """Cause and sentence of each."""
        of_projector = self._of_projector(now)
        if not self.workers_behind:
            return of_projector
        of_workers = f"{_counted(self.workers_behind, 'event')} not folded yet: the workers are behind, or down"
        return [*of_projector, ("workers_behind", of_workers)]

    def _of_projector(self, now: float) -> list[tuple[Cause, str]]:
        if self.heard_at is None:
            return [("never_heard", "no projector has ever written here")]
        silent = now - self.heard_at
        if self.state == _STOPPED:
            return [("stopped", f"the projector was stopped {duration(silent)} ago")]
        if silent > _SILENT_AFTER_S:
            how_long = duration(silent)
            return [("silent", f"the projector has been silent for {how_long}: it is down, or cut off from Redis")]
        if self.state is not None and self.state not in _RUNNING:
            return [("waiting", f"the projector waits for {self.state}")]
        if not self.lag:
            return []
        return [("projector_behind", f"{_counted(self.lag, 'change')} not shown yet: the projector is behind")]


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

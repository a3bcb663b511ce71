"""How long a commit takes here, and how far the one under way is: folding ahead and fetching are timed by it."""

from typing import Final

__all__ = ["CommitPace"]

WEIGHT: Final = 0.2
"""Of the newest commit in the running mean: the pace follows a broker within a dozen flushes."""
AHEAD_FROM: Final = 0.5
"""Of a commit: what is folded from there on is ready when it ends, and was gathered as long as it could be."""


class CommitPace:
    """Time is handed in, in seconds of one monotonic clock; one thread tells, any may ask."""

    def __init__(self) -> None:
        self._takes = 0.0
        """The running mean; 0 until a commit has ended."""
        self._began: float | None = None

    def began(self, now: float) -> None:
        """A commit is under way."""
        self._began = now

    def ended(self, now: float) -> None:
        """It is over, however it ended."""
        if self._began is not None:
            took = now - self._began
            self._takes = took if self._takes == 0.0 else self._takes + WEIGHT * (took - self._takes)
        self._began = None

    def is_nearly_over(self, now: float) -> bool:
        """Whether so much of the commit under way has passed that another fold would be in time for its end."""
        began = self._began
        return began is not None and self._takes > 0.0 and now - began >= AHEAD_FROM * self._takes

    def left(self, now: float) -> float:
        """Seconds until the commit under way should be over; without one, those that the next will take."""
        began = self._began
        return self._takes if began is None else max(0.0, self._takes - (now - began))

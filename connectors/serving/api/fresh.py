"""How fresh the answers are, asked of Redis twice a second and said in every answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.errors import Incompatible, Unavailable
from connectors.serving.freshness import Freshness

__all__ = ["Fresh", "FreshnessWatch"]

_EVERY_S: Final = 0.5
_TOLD_LATER: Final = "workers_behind"
_SAID_AGAIN_S: Final = 0.05
"""So long the same is said of an age that is counted in seconds."""

logger = logging.getLogger("c360.api")


@dataclass(frozen=True, slots=True)
class Fresh:
    """What an answer says of its age."""

    heard_at: float | None
    """Unix seconds: when the projector was last heard of."""
    lag: int | None
    """Changes and events that the views do not show though they should by now, as far as that is known."""
    reason: str | None
    """Why what is shown may be old; None when it is not."""
    causes: tuple[str, ...] = ()
    """The same for programs: of the projector's and workers' (`Freshness.causes`), and `redis`."""

    @property
    def stale(self) -> bool:
        """Whether what is shown may be old."""
        return self.reason is not None

    @property
    def is_behind(self) -> bool:
        """Whether Redis may lack what was told already; what the workers have yet to do will be told."""
        return any(cause != _TOLD_LATER for cause in self.causes)


class FreshnessWatch:
    """Keeps the newest word of the projector."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[Freshness]],
        on_turn: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`on_turn` is called whenever it is stale for other causes than before, or for none any more."""
        self._ask = ask
        self._on_turn = on_turn
        self._clock = clock
        self._told: Freshness | None = None
        self._trouble: str | None = "nothing has been heard of the projector yet"
        self._said: tuple[float, Fresh] | None = None

    @property
    def hears(self) -> bool:
        """Whether Redis answered when it was asked last."""
        return self._trouble is None

    def projector(self) -> dict[str, Any]:
        """What the projector last said, for operators."""
        told = self._told or Freshness(None, None, None, None)
        heard = None if told.heard_at is None else datetime.fromtimestamp(told.heard_at, UTC).isoformat()
        return {"state": told.state, "heard_at": heard, "lag": told.lag, "workers_behind": told.workers_behind}

    def now(self) -> Fresh:
        """As it stands now."""
        now = self._clock()
        if self._said is None or not 0 <= now - self._said[0] < _SAID_AGAIN_S:
            self._said = now, self._at(now)
        return self._said[1]

    def _at(self, now: float) -> Fresh:
        told = self._told
        if told is None:
            return Fresh(None, None, self._trouble, ("redis",))
        reasons = [*([self._trouble] if self._trouble else []), *told.shortcomings(now)]
        causes = (*(["redis"] if self._trouble else []), *told.causes(now))
        known = [count for count in (told.lag, told.workers_behind) if count is not None]
        return Fresh(told.heard_at, sum(known) if known else None, "; ".join(reasons) or None, causes)

    async def look(self) -> None:
        """Ask once."""
        try:
            self._told = await self._ask()
        except (Unavailable, Incompatible) as error:
            self._trouble = f"Redis does not say how fresh it is: {error}"
        else:
            self._trouble = None
        self._said = None

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        causes = self.now().causes
        while True:
            await self.look()
            if self.now().causes != causes:
                causes = self.now().causes
                self._on_turn()
            await asyncio.sleep(_EVERY_S)

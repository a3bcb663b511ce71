"""How many requests each may make: a bucket of tokens per principal."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

__all__ = ["Rates"]

_BURST_S: Final = 2.0
"""So many seconds' worth may come at once."""
_REMEMBERED: Final = 100_000


class Rates:
    """Token buckets by name; who has not asked for longest is forgotten first, with a full bucket."""

    def __init__(self, per_second: float, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_for(self, name: str, per_second: float | None = None) -> float:
        """Takes a token and returns 0, or how many seconds to wait for one."""
        rate = per_second or self._per_second
        most = max(1.0, rate * _BURST_S)
        now = self._monotonic()
        tokens, at = self._buckets.pop(name, (most, now))
        tokens = min(most, tokens + (now - at) * rate)
        missing = 1.0 - tokens
        self._buckets[name] = (tokens if missing > 0 else tokens - 1.0, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return max(0.0, missing / rate)

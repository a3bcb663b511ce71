"""How many records one fold may take: as many as are set, fewer while folding is slow."""

from typing import Final

__all__ = ["FoldBudget"]

LONG_SECONDS: Final = 0.5
"""Nothing else happens in the worker while it folds: no fetch is taken, no partition given up."""
SHORT_SECONDS: Final = 0.1


class FoldBudget:
    """Halved after a fold that took long (an entity of thousands of parts), doubled after one that was quick."""

    def __init__(self, most: int) -> None:
        self.records = most
        self._most = most

    def took(self, seconds: float) -> None:
        """The last fold took so long."""
        if seconds > LONG_SECONDS:
            self.records = max(1, self.records // 2)
        elif seconds < SHORT_SECONDS:
            self.records = min(self._most, self.records * 2)

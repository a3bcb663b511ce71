"""How many records one flush may take: more while they wait and are quickly done, fewer while they are not."""

from typing import Final

__all__ = ["FoldBudget"]

FIRST: Final = 4_000
"""Until it is known how quickly records are folded here."""
LONG_SECONDS: Final = 0.5
"""Nothing else happens in the worker while it folds: no fetch is taken, no partition given up."""
LONG_WRITE_SECONDS: Final = 2.0
"""Of a transaction, which has a few times that at the most before the broker ends it."""


class FoldBudget:
    """Doubled after a fold that took all it might and yet was quick; halved after one, or a commit, that took long.

    Only a backlog fills a fold, so that a worker which keeps up is never made slower to answer by it. In a backlog a
    customer comes again within a flush, and is decoded, encoded and written once for all of his records.
    """

    def __init__(self, most: int) -> None:
        self.records = min(most, FIRST)
        self._most = most

    def folded(self, records: int, seconds: float) -> None:
        """The last fold took so many records, and so long."""
        if seconds > LONG_SECONDS:
            self._halve()
        elif records >= self.records and seconds < LONG_SECONDS / 2:
            self.records = min(self._most, self.records * 2)

    def wrote(self, seconds: float) -> None:
        """A flush was written and committed in so long."""
        if seconds > LONG_WRITE_SECONDS:
            self._halve()

    def aborted(self) -> None:
        """A flush was not committed: it is done again in smaller ones, in case its size was the reason."""
        self._halve()

    def _halve(self) -> None:
        self.records = max(1, self.records // 2)

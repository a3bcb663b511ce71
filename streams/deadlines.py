"""Which customers have a day coming: a queue that is rebuilt from the summaries, never stored."""

from heapq import heappop, heappush
from sys import intern
from typing import Final

__all__ = ["DeadlineQueue", "due_on_of"]

_DUE_ON: Final = b'"due_on":'
_DAY_LENGTH: Final = len("2026-01-31")


def due_on_of(summary: bytes) -> str | None:
    """`due_on` of an encoded summary, found and not decoded: a million of them are looked at in a take-over.

    Within a text of JSON a quote is escaped, so only the field itself reads like this.
    """
    at = summary.index(_DUE_ON) + len(_DUE_ON)
    return None if summary.startswith(b"null", at) else intern(summary[at + 1 : at + 1 + _DAY_LENGTH].decode())


class DeadlineQueue:
    """The earliest raw day of each customer (ISO text), in order of days.

    A day that was replaced stays in the heap and is recognised when it surfaces: setting costs O(log n), and nothing
    is ever searched.
    """

    def __init__(self) -> None:
        self._due: dict[str, str] = {}
        self._heap: list[tuple[str, str]] = []

    def get(self, customer_id: str) -> str | None:
        """The customer's earliest day, or None."""
        return self._due.get(customer_id)

    def set(self, customer_id: str, due_on: str | None) -> None:
        """Replace the customer's earliest day."""
        if due_on is None:
            self._due.pop(customer_id, None)
        elif self._due.get(customer_id) != due_on:
            self._due[customer_id] = due_on
            heappush(self._heap, (due_on, customer_id))

    def any_due(self, horizon: str | None) -> bool:
        """Whether a day is at or before `horizon` (None: nothing can be due)."""
        self._drop_replaced()
        return horizon is not None and bool(self._heap) and self._heap[0][0] <= horizon

    def take_due(self, horizon: str | None, limit: int) -> list[tuple[str, str]]:
        """Up to `limit` (day, customer) at or before `horizon`, earliest first; they must be `set` again."""
        taken: list[tuple[str, str]] = []
        while len(taken) < limit and self.any_due(horizon):
            entry = heappop(self._heap)
            del self._due[entry[1]]
            taken.append(entry)
        return taken

    def _drop_replaced(self) -> None:
        heap, due = self._heap, self._due
        while heap and due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)

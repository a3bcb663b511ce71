"""Which customers have a deadline coming: a queue that is rebuilt from the views, never stored."""

from datetime import datetime
from heapq import heappop, heappush

__all__ = ["DeadlineQueue"]


class DeadlineQueue:
    """The instant at which a customer's next deadline falls due, in order of instants.

    An instant that was replaced stays in the heap and is recognised when it surfaces: setting costs O(log n), and
    nothing is ever searched.
    """

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        """How many customers have one."""
        return len(self._due)

    def get(self, customer_id: str) -> datetime | None:
        """The customer's next instant, or None."""
        return self._due.get(customer_id)

    def set(self, customer_id: str, due_at: datetime | None) -> None:
        """Replace the customer's next instant."""
        if due_at is None:
            self._due.pop(customer_id, None)
        elif self._due.get(customer_id) != due_at:
            self._due[customer_id] = due_at
            heappush(self._heap, (due_at, customer_id))

    def clear(self) -> None:
        """Forget all."""
        self._due.clear()
        self._heap.clear()

    def any_due(self, at: datetime) -> bool:
        """Whether some deadline has fallen due at `at`."""
        self._drop_replaced()
        return bool(self._heap) and self._heap[0][0] <= at

    def overdue_seconds(self, at: datetime) -> float:
        """How long the earliest has been due at `at`; 0 when none is."""
        return max(0.0, (at - self._heap[0][0]).total_seconds()) if self.any_due(at) else 0.0

    def take_due(self, at: datetime, limit: int) -> list[tuple[datetime, str]]:
        """Up to `limit` (instant, customer) at or before `at`, earliest first; they must be `set` again."""
        taken: list[tuple[datetime, str]] = []
        while len(taken) < limit and self.any_due(at):
            entry = heappop(self._heap)
            del self._due[entry[1]]
            taken.append(entry)
        return taken

    def _drop_replaced(self) -> None:
        heap, due = self._heap, self._due
        while heap and due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)

"""Whose changes a manager's or branch's stream tells: the portfolio, read again and again, and what is heard since."""

from typing import Final

from connectors.errors import Incompatible, Unavailable
from connectors.redis_keys import Who
from connectors.serving.api.parts import Parts
from connectors.serving.api.problems import Problem
from connectors.serving.changes import Following

__all__ = ["Followed"]

_PAGE: Final = 500
_MOST_CUSTOMERS: Final = 20_000
_READ_AGAIN_S: Final = 60.0
_TRY_AGAIN_S: Final = 15.0
"""After a reading that failed."""


class Followed:
    """Keeps the customers of a following to the portfolio: Redis may be behind when it is read first."""

    def __init__(self, parts: Parts, following: Following, whose: Who) -> None:
        self._parts = parts
        self._following = following
        self._whose = whose
        self._due_at = float("inf")
        self._has_failed = False

    async def read(self, after: str | None) -> None:
        """The first reading; then tell what came after that place, or from some seconds before he began to follow.

        Raises Unavailable, and a problem when there are too many customers.
        """
        changes = self._parts.changes
        changes.has_read(self._following, await self._portfolio())
        changes.resume(self._following, after)
        self._due_at = self._parts.monotonic() + _READ_AGAIN_S

    async def read_again(self, *, caught_up: bool) -> None:
        """Read the portfolio again when it is time to: once a minute, and when what was read may have been old."""
        changes, now = self._parts.changes, self._parts.monotonic
        unread = changes.has_to_read(self._following) and not self._has_failed
        if not (unread or caught_up or now() >= self._due_at):
            return
        try:
            # For all streams Redis has caught up at once, and lookups need it meanwhile.
            async with self._parts.rereading:
                differs = changes.has_read(self._following, await self._portfolio())
        except (Unavailable, Incompatible, Problem):
            # Of too many customers he is told when he comes back; until then what is heard goes on to be told.
            self._has_failed, self._due_at = True, now() + _TRY_AGAIN_S
        else:
            self._following.missed |= differs
            self._has_failed, self._due_at = False, now() + _READ_AGAIN_S

    async def _portfolio(self) -> list[str]:
        customers: list[str] = []
        after: str | None = None
        while len(customers) <= _MOST_CUSTOMERS:
            page = await self._parts.views.portfolio(self._whose, after, _PAGE)
            customers += [row.party.customer_id for row in page.items]
            after = page.next
            if after is None:
                return customers
        raise Problem(
            422,
            "too-many-customers",
            "Too many customers",
            f"There are more than {_MOST_CUSTOMERS:,} customers, more than a stream follows.",
            "Follow their managers, or ask for the list of alerts now and then.",
        )

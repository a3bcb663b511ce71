"""What every peer is told on its command line, and the names it writes under. Standard library only."""

import gc
import sys
from typing import Final, NamedTuple

__all__ = ["VIEW_KEY", "Program", "told"]

VIEW_KEY: Final = "bench:view:"
"""Begins the Redis key of a whole view, one JSON string per customer."""


class Program(NamedTuple):
    """`ID BOOTSTRAP REDIS PARTITIONS MODE FOLDER`."""

    app_id: str
    """Consumer group, and the beginning of all names of its own."""
    bootstrap: str
    redis_url: str
    partitions: int
    mode: str
    """What varies within one peer; each says which it knows."""
    folder: str
    """For state on disk; empty at the start and thrown away at the end."""

    @property
    def alerts(self) -> str:
        """Topic of its alerts; it exists before the peer starts, as the next two."""
        return f"{self.app_id}-alerts"

    @property
    def dead_letters(self) -> str:
        """Topic of records that are no events."""
        return f"{self.app_id}-dead-letters"

    @property
    def views(self) -> str:
        """Compacted topic of its views, for the peer whose library keeps no changelog of its own."""
        return f"{self.app_id}-views"


def told(argv: list[str] | None = None) -> Program:
    """The program's arguments; its collector is set as c360's worker sets its own."""
    gc.set_threshold(50_000, 10, 1_000)
    app_id, bootstrap, redis_url, partitions, mode, folder = sys.argv[1:] if argv is None else argv
    return Program(app_id, bootstrap, redis_url, int(partitions), mode, folder)

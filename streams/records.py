"""A record as it was fetched, whatever fetched it."""

from typing import Protocol

__all__ = ["Record"]


class Record(Protocol):
    """Position in its topic and partition, Kafka's timestamp (milliseconds), key and value."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...

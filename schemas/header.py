"""What every event carries, whatever it tells."""

from typing import Annotated

from pydantic import Field

from schemas.base import Contract, CustomerId, Instant

__all__ = ["Header", "SourceSeq"]

SourceSeq = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Header(Contract):
    """Who tells it, about whom, in which order, and when it happened and was recorded."""

    event_id: Annotated[str, Field(min_length=1, max_length=128)]
    customer_id: CustomerId
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    source_seq: SourceSeq
    """Monotonic per entity in its source: orders what one account, contract, complaint ... went through."""
    occurred_at: Instant
    recorded_at: Instant
    schema_version: Annotated[int, Field(ge=1, le=1)] = 1

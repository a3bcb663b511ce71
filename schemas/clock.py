"""The clock as records, so that time has offsets and a replay is exact: topic `clock`."""

from typing import Annotated, Literal, final

from pydantic import Field

from schemas.base import Contract, Instant

__all__ = ["ClockTicked"]


@final
class ClockTicked(Contract):
    """It is now `occurred_at` in the partition this record stands in; written to every partition."""

    type: Literal["clock.ticked"]
    event_id: Annotated[str, Field(min_length=1, max_length=128)]
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    occurred_at: Instant
    recorded_at: Instant
    schema_version: Annotated[int, Field(ge=1, le=1)] = 1

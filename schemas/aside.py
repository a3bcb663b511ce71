"""What is set aside and kept: values of `dead-letters` and `late-events`."""

from typing import Annotated

from pydantic import Field

from schemas.base import Contract, Instant

__all__ = ["SetAside"]


class SetAside(Contract):
    """A record that was not folded: where it stood, why, and its bytes."""

    topic: str
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    reason: str
    """Stable code: undecodable, unknown_type, invalid, wrong_key, wrong_partition, refused, oversized, set_aside,
    late."""
    error: str
    """What was wrong, for a person: where, and what was expected."""
    key_base64: str | None
    value_base64: str | None
    recorded_at: Instant
    """When it was set aside (wall clock)."""

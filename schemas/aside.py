"""What is set aside and kept: values of `dead-letters` and `late-events`; and what was decided about it since."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Contract, Instant

__all__ = ["LetterDecision", "SetAside"]


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


class LetterDecision(Contract):
    """What was decided about a dead letter; key: `<partition>/<offset>` of the letter in `dead-letters`.

    A letter about which nothing was decided is open. The letter itself stays where it is.
    """

    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    topic_id: str
    """Of `dead-letters` when it was decided: the letters of a topic made anew are others."""
    decision: Literal["replayed", "dropped"]
    """replayed: sent to its input topic once more, in the transaction that wrote this. dropped: not to be sent."""
    decided_by: Annotated[str, Field(min_length=1, max_length=200)]
    decided_at: Instant
    why: Annotated[str, Field(max_length=1000)] | None = None

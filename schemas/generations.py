"""Generations of the views: which one is in force, and which one stands beside it. Values of `view-generations`."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from schemas.base import Contract, Instant
from schemas.topics import CUSTOMER_VIEWS

__all__ = ["FIRST", "GENERATIONS_KEY", "ViewGenerations", "generation_of", "group_of", "views_topic"]

FIRST: Final = 1
GENERATIONS_KEY: Final = b"customer-views"
"""Key of the one record that counts."""

Number = Annotated[int, Field(ge=FIRST)]


class ViewGenerations(Contract):
    """Which generation of the views is in force; its workers raise alerts, and lookups read it.

    A generation is a topic of views and a consumer group that feeds it. At most two stand at a time.
    """

    in_force: Number
    other: Number | None
    """The one beside it: built from the beginning of the input when it is the newer one, else kept to go back to."""
    newest: Number
    """The greatest number there was; none is used twice."""
    switches: Annotated[int, Field(ge=0)]
    """How often another generation came into force; workers note with each partition which switch it has followed."""
    folds: Mapping[Number, str] = {}
    """Generation -> which code and settings make its views; without those begun before that was noted."""
    changed_by: Annotated[str, Field(min_length=1, max_length=200)]
    changed_at: Instant


def views_topic(generation: int) -> str:
    """The topic that holds a generation's views."""
    return CUSTOMER_VIEWS if generation == FIRST else f"{CUSTOMER_VIEWS}.{generation}"


def generation_of(topic: str) -> int:
    """The generation whose views a topic holds."""
    _, dot, number = topic.partition(".")
    return int(number) if dot else FIRST


def group_of(group: str, generation: int) -> str:
    """The consumer group of a generation's workers; `group` is the one that is set."""
    return group if generation == FIRST else f"{group}.{generation}"

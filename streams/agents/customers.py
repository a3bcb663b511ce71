"""The one agent: every fetch of the input topics goes to the lane."""

from typing import Any

import faust

from schemas.topics import INPUT_TOPICS
from streams.lane.lane import Lane
from streams.lane.transport import FetchSchema

__all__ = ["attach"]

QUEUED_FETCHES = 64


def attach(app: faust.App, lane: Lane) -> None:
    """Subscribe to the input topics and wire their stream to `lane`."""
    channel = app.topic(*INPUT_TOPICS, schema=FetchSchema(), maxsize=QUEUED_FETCHES)

    @app.agent(channel, name="customers")
    async def fold(stream: Any) -> None:
        async for event in stream.noack().events():
            await lane.take(event.value)

"""What the lane's consumer leaves of Faust's own: nothing that moves a position."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streams.lane.transport import LaneConsumer


@pytest.fixture
def consumer() -> LaneConsumer:
    """One that is not connected: made without what Faust's own constructor wants."""
    return LaneConsumer.__new__(LaneConsumer)


def test_an_ack_of_faust_moves_nothing(consumer: LaneConsumer) -> None:
    # A stream acks what it skips for a stale generation, also under noack.
    message: Any = SimpleNamespace(acked=False)
    assert not consumer.ack(message)
    assert message.acked


def test_a_commit_of_faust_that_reaches_a_lane_topic_is_a_bug_and_says_so(consumer: LaneConsumer) -> None:
    with pytest.raises(AssertionError, match="Faust's commit path"):
        asyncio.run(consumer._commit_tps([TP("account-changes", 0)], False))

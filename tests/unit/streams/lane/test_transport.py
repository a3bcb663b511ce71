"""What the lane's consumer leaves of Faust's own: nothing that moves a position."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streams.lane.transport import LaneConsumer, LaneThread

ACCOUNTS = TP("account-changes", 0)


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


class WaitingFetcher:
    """aiokafka's fetcher, of which a call waits through a rebalance as long as the test wants."""

    def __init__(self) -> None:
        self.found: asyncio.Future[dict[TP, list[int]]] = asyncio.get_running_loop().create_future()
        self._closed = False
        self._subscriptions = SimpleNamespace(fetch_context=contextlib.nullcontext)

    async def fetched_records(self, *_: Any, **__: Any) -> dict[TP, list[int]]:
        """What the test lets be found."""
        return await self.found


def test_a_fetch_that_waits_through_a_seek_gives_back_what_it_found_after_it() -> None:
    async def scenario() -> None:
        fetcher, position = WaitingFetcher(), {ACCOUNTS: 7}
        consumer: Any = SimpleNamespace(
            _fetcher=fetcher,
            _closed=False,
            _subscription=SimpleNamespace(subscription=None),
            assignment=lambda: {ACCOUNTS},
            seek=position.__setitem__,
        )
        thread: Any = LaneThread.__new__(LaneThread)
        thread.consumer = SimpleNamespace(flow_active=True)
        thread._consumer = consumer
        waiting = asyncio.ensure_future(thread._fetch_records(consumer, {ACCOUNTS}, 0.5))
        await asyncio.sleep(0)
        assert await thread._rewind({ACCOUNTS: 3}) == 1
        # Three records from the seek on: the consumer stands behind them when the fetch returns them.
        position[ACCOUNTS] = 6
        fetcher.found.set_result({ACCOUNTS: [3, 4, 5]})
        records, *_ = await waiting
        assert records == {}
        assert position == {ACCOUNTS: 3}
        fetcher.found = asyncio.get_running_loop().create_future()
        fetcher.found.set_result({ACCOUNTS: [3, 4, 5]})
        assert await thread._fetch_records(consumer, {ACCOUNTS}, 0.5) == ({ACCOUNTS: [3, 4, 5]}, {}, 1, 1)

    asyncio.run(scenario())

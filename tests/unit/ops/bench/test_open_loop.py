"""Load that does not wait for answers."""

import asyncio

from ops.bench.open_loop import Load, open_loop, open_loop_async


def test_every_request_due_is_asked_in_order() -> None:
    asked: list[int] = []
    load = open_loop(asked.append, 10_000, 0.01)
    assert asked == list(range(100))
    assert load.asked == 100
    assert load.p50 <= load.p99 <= load.p999 <= load.worst


def test_requests_do_not_wait_for_the_answers_of_earlier_ones() -> None:
    async def run() -> Load:
        all_asked = asyncio.Event()

        async def ask(number: int) -> None:
            if number == 9:
                all_asked.set()
            await all_asked.wait()

        return await open_loop_async(ask, 10_000, 0.001)

    assert asyncio.run(run()).asked == 10

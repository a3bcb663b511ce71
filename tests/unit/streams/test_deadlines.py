"""The queue of customers by their next deadline."""

import tracemalloc
from datetime import UTC, datetime, timedelta

from streams.deadlines import DeadlineQueue

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
MANY = 100_000


def test_customers_come_in_order_of_their_instants_some_at_a_time() -> None:
    queue = DeadlineQueue()
    for days, customer in ((2, "C2"), (1, "C1"), (1, "C0"), (9, "C9")):
        queue.set(customer, FIRST + timedelta(days=days))
    assert queue.take_due(FIRST, 9) == []
    assert [customer for _, customer in queue.take_due(FIRST + timedelta(days=2), 2)] == ["C0", "C1"]
    assert [customer for _, customer in queue.take_due(FIRST + timedelta(days=2), 2)] == ["C2"]
    assert not queue.any_due(FIRST + timedelta(days=8))
    assert queue.any_due(FIRST + timedelta(days=9))


def test_an_instant_that_was_replaced_is_passed_over() -> None:
    queue = DeadlineQueue()
    queue.set("C1", FIRST)
    queue.set("C1", FIRST + timedelta(days=3))
    queue.set("C2", FIRST)
    queue.set("C2", None)
    assert not queue.any_due(FIRST)
    assert queue.get("C1") == FIRST + timedelta(days=3)
    assert queue.take_due(FIRST + timedelta(days=3), 9) == [(FIRST + timedelta(days=3), "C1")]


def test_a_deadline_costs_less_than_two_hundred_bytes() -> None:
    customers = [f"B{number:08}" for number in range(MANY)]
    queue = DeadlineQueue()
    tracemalloc.start()
    for customer in customers:
        queue.set(customer, FIRST)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / MANY < 200

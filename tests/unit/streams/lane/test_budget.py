"""A slow fold makes the next one smaller."""

from streams.lane.budget import FoldBudget


def test_folds_that_take_long_become_smaller_down_to_a_single_record_and_quick_ones_larger_again() -> None:
    budget = FoldBudget(4_000)
    budget.took(0.6)
    assert budget.records == 2_000
    for _ in range(20):
        budget.took(30.0)
    assert budget.records == 1
    budget.took(0.3)
    assert budget.records == 1
    for _ in range(20):
        budget.took(0.01)
    assert budget.records == 4_000

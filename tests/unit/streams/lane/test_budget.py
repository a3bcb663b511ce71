"""A flush is as large as there is time for it."""

from streams.lane.budget import FoldBudget


def test_full_folds_that_are_quick_become_larger_and_no_larger_than_the_most() -> None:
    budget = FoldBudget(16_000)
    assert budget.records == 4_000
    budget.folded(4_000, 0.1)
    assert budget.records == 8_000
    budget.folded(8_000, 0.2)
    budget.folded(16_000, 0.2)
    assert budget.records == 16_000


def test_a_fold_that_found_fewer_records_or_took_its_time_makes_none_larger() -> None:
    budget = FoldBudget(16_000)
    for _ in range(20):
        budget.folded(3_999, 0.01)
        budget.folded(4_000, 0.3)
    assert budget.records == 4_000


def test_folds_that_take_long_become_smaller_down_to_a_single_record() -> None:
    budget = FoldBudget(4_000)
    budget.folded(4_000, 0.6)
    assert budget.records == 2_000
    for _ in range(20):
        budget.folded(1, 30.0)
    assert budget.records == 1
    for _ in range(20):
        budget.folded(4_000, 0.01)
    assert budget.records == 4_000


def test_a_commit_that_takes_long_or_is_aborted_makes_the_next_flush_smaller() -> None:
    budget = FoldBudget(4_000)
    budget.wrote(0.3)
    assert budget.records == 4_000
    budget.wrote(2.5)
    assert budget.records == 2_000
    budget.aborted()
    assert budget.records == 1_000

"""How the lane knows when the commit under way will be over."""

import pytest

from streams.lane.pace import CommitPace


def after_commits_of(seconds: float, count: int = 30) -> CommitPace:
    pace = CommitPace()
    for number in range(count):
        pace.began(number)
        pace.ended(number + seconds)
    return pace


def test_before_any_commit_has_ended_nothing_is_known_and_nothing_is_folded_ahead() -> None:
    pace = CommitPace()
    assert pace.left(5.0) == 0.0
    pace.began(10.0)
    assert pace.left(10.0) == 0.0
    assert not pace.is_nearly_over(1_000.0)


def test_without_a_commit_the_next_is_expected_to_take_as_long_as_those_before() -> None:
    assert after_commits_of(0.04).left(100.0) == pytest.approx(0.04)


def test_what_a_commit_still_takes_runs_down_and_is_never_less_than_nothing() -> None:
    pace = after_commits_of(0.04)
    pace.began(100.0)
    assert [pace.left(100.0 + passed) for passed in (0.0, 0.03, 0.04, 9.0)] == pytest.approx([0.04, 0.01, 0.0, 0.0])


def test_a_commit_is_nearly_over_from_its_middle_on_and_not_when_none_is_under_way() -> None:
    pace = after_commits_of(0.04)
    assert not pace.is_nearly_over(100.0)
    pace.began(100.0)
    assert [pace.is_nearly_over(100.0 + passed) for passed in (0.0, 0.01, 0.03, 9.0)] == [False, False, True, True]
    pace.ended(100.04)
    assert not pace.is_nearly_over(109.0)


def test_the_pace_follows_a_broker_that_becomes_slower() -> None:
    pace = after_commits_of(0.02)
    for number in range(100, 120):
        pace.began(number)
        pace.ended(number + 0.2)
    assert 0.15 < pace.left(1_000.0) <= 0.2

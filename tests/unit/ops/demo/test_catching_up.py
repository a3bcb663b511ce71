import pytest

from ops.demo.catching_up import Patience, not_folded, not_projected
from ops.errors import OperatorError


class Time:
    """Passes only when somebody waits."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        self.at += seconds


def patience(time: Time, seconds: float = 10.0, watched: list[float] | None = None) -> Patience:
    seen = watched if watched is not None else []
    return Patience(seconds, lambda: seen.append(time.at), time.now, time.pause)


def test_waiting_ends_when_nothing_is_behind_and_watches_meanwhile() -> None:
    time, watched = Time(), list[float]()
    patience(time, watched=watched).until_none(lambda: "behind" if time.at < 1 else None)
    assert 1.0 <= time.at < 1.1
    assert watched


def test_past_the_limit_it_says_what_is_behind() -> None:
    time = Time()
    with pytest.raises(OperatorError, match=r"Not caught up after 10 s: 3 of clock\."):
        patience(time).until_none(lambda: "3 of clock")


def test_one_limit_holds_for_all_that_is_waited_for() -> None:
    time = Time()
    waiting = patience(time)
    waiting.until_none(lambda: "behind" if time.at < 9 else None)
    with pytest.raises(OperatorError):
        waiting.until_none(lambda: "behind")
    assert time.at < 10.2


def test_what_ends_the_wait_passes_through() -> None:
    time = Time()

    def dead() -> None:
        raise OperatorError("the worker ended")

    with pytest.raises(OperatorError, match="the worker ended"):
        Patience(10.0, dead, time.now, time.pause).until_none(lambda: "behind")


def test_what_the_worker_has_not_committed_is_told_by_topic() -> None:
    ends = {("account-changes", 0): 5, ("account-changes", 1): 5, ("clock", 0): 1}
    assert not_folded(ends, ends) is None
    said = not_folded(ends, {("account-changes", 0): 5, ("account-changes", 1): 3})
    assert said == "the worker has not committed 2 of account-changes, 1 of clock"


def test_what_the_projector_has_not_written_is_told() -> None:
    assert not_projected({0: 5, 1: 0}, {0: 9}) is None
    assert not_projected({0: 5, 1: 2}, {0: 4}) == ("the projector has not written 3 records of customer-views to Redis")

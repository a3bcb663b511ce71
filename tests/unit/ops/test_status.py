"""How the system stands."""

from dataclasses import replace

from ops.commands.status import _member
from ops.status import Member, Status, lag_of

WORKER = Member("c360-worker", "/127.0.0.1", [0, 1])


def test_lag_is_what_lies_behind_the_positions_by_topic() -> None:
    ends = {("clock", 0): 5, ("clock", 1): 7, ("account-changes", 0): 3}
    assert lag_of(ends, {("clock", 0): 5, ("clock", 1): 4}) == {"clock": 3, "account-changes": 3}
    # A position may be past an end that was asked for before it moved.
    assert lag_of({("clock", 0): 5}, {("clock", 0): 9}) == {"clock": 0}


def test_all_is_well_when_all_answer_somebody_folds_and_nothing_is_old() -> None:
    well = Status([WORKER], {}, {}, [])
    assert well.is_well
    assert not Status([], {}, {}, []).is_well
    assert not Status([WORKER], {}, {}, ["the projector is behind"]).is_well
    assert not Status([WORKER], {}, {}, None, troubles=["Redis does not answer."]).is_well


def test_a_worker_says_whether_it_folds_by_the_rules_in_force() -> None:
    in_force = {"large-entry": 2, "maturity": 1}
    by_them = replace(WORKER, rules=in_force)
    assert _member(by_them, in_force).endswith("; rules as in force")
    assert _member(replace(WORKER, rules={"large-entry": 1}), in_force).endswith(
        "; folds by large-entry v1, not by maturity"
    )
    assert _member(WORKER, in_force).endswith("partitions 0, 1; rules not told")

"""How the system stands."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.kept_records import Part
from ops.commands.status import _member
from ops.errors import OperatorError
from ops.settings import load_settings
from ops.status import Lag, Member, Status, _ends, lag_of, metrics_ports

WORKER = Member("c360-worker", "/127.0.0.1", [0, 1])


def test_lag_is_what_lies_behind_the_positions_by_topic() -> None:
    ends = {("clock", 0): 5, ("clock", 1): 7, ("account-changes", 0): 3}
    at_most = Lag({"clock": 3, "account-changes": 3}, is_exact=False)
    assert lag_of(ends, {("clock", 0): 5, ("clock", 1): 4}, {}) == at_most
    # A position may be past an end that was asked for before it moved.
    assert lag_of({("clock", 0): 5}, {("clock", 0): 9}, {}) == Lag({"clock": 0}, is_exact=True)


def test_lag_is_exact_once_the_records_were_read_and_markers_are_none_of_them() -> None:
    end, position = {("clock", 0): 5}, {("clock", 0): 1}
    assert lag_of(end, position, {("clock", 0): Part([1, 3], 5)}) == Lag({"clock": 2}, is_exact=True)
    # What came after the end was asked for is the next look's.
    assert lag_of(end, position, {("clock", 0): Part([1, 3, 6], 7)}) == Lag({"clock": 2}, is_exact=True)
    # A transaction that is not decided at offset 3, or reading that took too long.
    assert lag_of(end, position, {("clock", 0): Part([1], 3)}) == Lag({"clock": 3}, is_exact=False)


def test_a_topic_that_is_missing_is_a_sentence_with_its_cure() -> None:
    class Lacking:
        def ends(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
            raise KeyError(topics[0])

    broker: Any = Lacking()
    address: Any = "127.0.0.1:9092"
    sentence = "^Kafka at 127.0.0.1:9092 has no topic dead-letters: run `c360 topics create`.$"
    with pytest.raises(OperatorError, match=sentence):
        _ends(broker, ["dead-letters"], address)


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
    recovering = _member(replace(WORKER, state="recovering"), in_force)
    assert recovering.endswith("partitions 0, 1; recovering; rules not told")
    assert _member(WORKER, in_force).endswith("partitions 0, 1; rules not told")


def test_each_of_several_api_processes_is_asked_at_the_port_of_its_metrics(tmp_path: Path) -> None:
    def ports(**given: int) -> dict[str, int]:
        return metrics_ports(load_settings(home=tmp_path, api_port=8360, **given))

    assert ports() == {"api": 8360}
    assert ports(api_workers=2, api_metrics_port=9370) == {"api 0": 9370, "api 1": 9371}
    # Which free ones they took is told in their logs only.
    assert ports(api_workers=2) == {}

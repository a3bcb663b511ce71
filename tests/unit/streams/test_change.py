from typing import Any

from streams.change import Arrival, Change
from streams.view import View
from tests.support.builders import CUSTOMER, NOON, a_balance, an_account, an_entry
from tests.unit.streams.folds.folding import fold_account


def change_by(event: Any, *earlier: Any) -> Change:
    before = None
    for told in earlier:
        before = fold_account(before, told)
    arrival = Arrival(event, "account-changes", "topic-1", 2, 7, NOON)
    return Change(arrival, "account:A1", before, fold_account(before, event), View(CUSTOMER, {}))


def test_whether_an_event_states_something_newer_than_was_held() -> None:
    assert change_by(an_entry(source_seq=5)).states_newer("balance")
    assert change_by(a_balance(source_seq=6), an_entry(source_seq=5)).states_newer("balance")
    assert not change_by(an_entry(source_seq=4), an_entry(source_seq=5)).states_newer("balance")
    assert not change_by(an_account()).states_newer("balance")


def test_the_position_is_that_of_the_record() -> None:
    assert change_by(an_entry()).position == ["account-changes", 2, 7]

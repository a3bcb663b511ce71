import pytest

from schemas.views import AccountSection
from streams.folds.additive import RECENT_WINDOW
from streams.folds.refusals import Late, Refused
from tests.support.builders import (
    a_balance,
    a_closure,
    a_freeze,
    an_account,
    an_entry,
    an_unfreeze,
    new_terms,
)
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, fold_account, folded


def test_an_opened_account_has_its_terms() -> None:
    section = folded(fold_account, an_account(product="term-deposit", currency="EUR", maturity_on="2021-01-02"))
    assert section == {
        "account_id": "A1",
        "currency": "EUR",
        "product": "term-deposit",
        "balance_minor": None,
        "entries": 0,
        "status": "open",
        "opened_on": "2020-01-02",
        "closed_on": None,
        "maturity_on": "2021-01-02",
        "frozen_minor": 0,
        "freezes": {},
        "armed": True,
        "order": {"life": 0, "opened_on": 0, "terms": 0},
        "recent": [],
    }
    assert set(section) == AccountSection.__required_keys__


def test_an_entry_is_counted_and_its_balance_is_the_truth() -> None:
    section = folded(fold_account, an_entry(source_seq=1, balance_minor=500), an_entry(source_seq=2, balance_minor=-20))
    assert (section["entries"], section["balance_minor"], section["recent"]) == (2, -20, [1, 2])


def test_an_account_may_begin_with_any_event() -> None:
    for event in (an_entry(), a_balance(), new_terms(), a_freeze(), an_unfreeze(), a_closure()):
        assert folded(fold_account, event)["account_id"] == "A1"


def test_an_entry_twice_is_counted_once() -> None:
    section = folded(fold_account, an_entry(source_seq=3))
    assert fold_account(section, an_entry(source_seq=3)) is section


def test_an_older_entry_is_counted_and_leaves_the_newer_balance() -> None:
    section = folded(fold_account, an_entry(source_seq=5, balance_minor=500), an_entry(source_seq=4, balance_minor=400))
    assert (section["entries"], section["balance_minor"], section["recent"]) == (2, 500, [4, 5])


def test_an_entry_older_than_the_window_is_late() -> None:
    section = folded(fold_account, *(an_entry(source_seq=seq) for seq in range(10, 10 + RECENT_WINDOW)))
    with pytest.raises(Late):
        fold_account(section, an_entry(source_seq=9))


def test_a_reported_balance_is_no_entry() -> None:
    section = folded(fold_account, an_entry(source_seq=1), a_balance(source_seq=2, balance_minor=7))
    assert (section["entries"], section["balance_minor"]) == (1, 7)
    assert fold_account(section, a_balance(source_seq=2, balance_minor=8)) is section


@pytest.mark.parametrize(
    "event", [an_entry(currency="EUR"), a_balance(currency="EUR"), a_freeze(currency="EUR"), an_account(currency="EUR")]
)
def test_another_currency_is_refused(event: object) -> None:
    section = folded(fold_account, an_account(currency="CZK"))
    with pytest.raises(Refused, match="currency: should be CZK"):
        fold_account(section, event)


def test_the_currency_is_checked_before_the_seq() -> None:
    section = folded(fold_account, *(an_entry(source_seq=seq) for seq in range(10, 10 + RECENT_WINDOW)))
    for seq in (9, 10):
        with pytest.raises(Refused):
            fold_account(section, an_entry(source_seq=seq, currency="EUR"))


def test_new_terms_replace_all_terms() -> None:
    section = folded(fold_account, an_account(maturity_on="2021-01-02"), new_terms(product="savings"))
    assert (section["product"], section["maturity_on"]) == ("savings", None)


def test_freezes_stand_side_by_side_until_lifted() -> None:
    one, other = a_freeze(freeze_id="F1", amount_minor=100), a_freeze(freeze_id="F2", amount_minor=50, source_seq=2)
    section = folded(fold_account, an_account(), one, other)
    assert (section["frozen_minor"], section["status"]) == (150, "frozen")
    section = fold_account(section, an_unfreeze(freeze_id="F1", source_seq=3))
    assert (section["frozen_minor"], section["status"]) == (50, "frozen")
    section = fold_account(section, an_unfreeze(freeze_id="F2", source_seq=4))
    assert (section["frozen_minor"], section["status"]) == (0, "open")


def test_a_freeze_whose_lifting_came_first_does_not_stand() -> None:
    section = folded(fold_account, an_unfreeze(source_seq=2), a_freeze(source_seq=1))
    assert (section["frozen_minor"], section["status"]) == (0, "open")


def test_freezes_beyond_64_bits_are_refused() -> None:
    most = 10**15
    section = folded(fold_account, an_account())
    freezes = {f"F{number}": {"amount_minor": most, "seq": 1} for number in range(9223)}
    section = {**section, "freezes": freezes, "frozen_minor": most * 9223}
    with pytest.raises(Refused, match="64 bits"):
        fold_account(section, a_freeze(freeze_id="one-more", amount_minor=most, source_seq=2))


def test_a_closed_account_stays_closed_when_frozen() -> None:
    section = folded(fold_account, an_account(), a_closure(source_seq=2), a_freeze(source_seq=3))
    assert (section["status"], section["frozen_minor"], section["closed_on"]) == ("closed", 500_00, "2020-03-02")


def test_an_account_opened_again_shows_what_is_frozen() -> None:
    section = folded(
        fold_account, an_account(), a_freeze(source_seq=1), a_closure(source_seq=2), an_account(source_seq=3)
    )
    assert section["status"] == "frozen"


def test_an_opening_after_its_closing_fills_what_only_it_knows() -> None:
    section = folded(fold_account, a_closure(source_seq=9), an_account(source_seq=0))
    assert (section["status"], section["opened_on"], section["product"]) == ("closed", "2020-01-02", "current")


def test_any_order_and_repetition_of_entries_and_terms_ends_the_same() -> None:
    history = [
        an_account(maturity_on="2021-01-02"),
        an_entry(source_seq=1, balance_minor=10),
        a_balance(source_seq=2, balance_minor=20),
        new_terms(source_seq=3),
        an_entry(source_seq=4, balance_minor=40),
    ]
    assert_any_order_and_repetition_ends_the_same(fold_account, history)


def test_any_order_and_repetition_of_a_life_ends_the_same() -> None:
    history = [
        an_account(source_seq=0),
        a_freeze(source_seq=1),
        a_closure(source_seq=2),
        an_unfreeze(source_seq=3),
        an_account(source_seq=4, opened_on="2020-06-01"),
    ]
    assert_any_order_and_repetition_ends_the_same(fold_account, history)


def test_the_newest_booking_day_stands_whatever_order_entries_come_in() -> None:
    section = folded(fold_account, an_entry(booked_on="2020-03-05"), an_entry(source_seq=2, booked_on="2020-03-04"))
    assert section["last_entry_on"] == "2020-03-05"

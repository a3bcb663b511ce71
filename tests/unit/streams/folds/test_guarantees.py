import pytest

from schemas.views import GuaranteeSection
from streams.folds.guarantees import OVER, fold, guaranteed_of
from streams.folds.refusals import Refused
from tests.support.builders import a_guarantee, a_guarantee_amendment, a_guarantee_call, a_guarantee_release
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def test_an_issued_guarantee_has_its_letter_and_its_terms() -> None:
    section = folded(fold, a_guarantee())
    assert set(section) == GuaranteeSection.__required_keys__
    assert (section["letter_number"], section["beneficiary"]) == ("LG-1", "City of Olomouc")
    assert (section["amount_minor"], section["expires_on"], section["status"]) == (50_000_00, "2021-03-02", "open")


def test_an_amendment_changes_what_it_names() -> None:
    section = folded(fold, a_guarantee(), a_guarantee_amendment(expires_on="2022-03-02"))
    assert (section["expires_on"], section["amount_minor"]) == ("2022-03-02", 50_000_00)


def test_a_call_states_all_that_was_demanded_and_shows_in_the_status() -> None:
    section = folded(fold, a_guarantee(), a_guarantee_call(), a_guarantee_call(source_seq=3, called_minor=7))
    assert (section["called_minor"], section["status"]) == (7, "called")
    assert guaranteed_of(section) == 50_000_00


@pytest.mark.parametrize(("ground", "status"), [("expired", "expired"), ("returned", "released"), ("paid", "released")])
def test_a_released_guarantee_binds_no_more(ground: str, status: str) -> None:
    section = folded(fold, a_guarantee(), a_guarantee_release(ground=ground))
    assert section["status"] == status
    assert status in OVER
    assert guaranteed_of(section) == 0


def test_a_guarantee_twice_changes_nothing() -> None:
    section = folded(fold, a_guarantee())
    assert fold(section, a_guarantee()) is section


def test_another_currency_is_refused() -> None:
    with pytest.raises(Refused, match="should be CZK"):
        folded(fold, a_guarantee(), a_guarantee_call(currency="EUR"))


def test_any_order_and_repetition_ends_the_same() -> None:
    history = [
        a_guarantee(),
        a_guarantee_amendment(amount_minor=60_000_00),
        a_guarantee_call(),
        a_guarantee_release(),
    ]
    assert_any_order_and_repetition_ends_the_same(fold, history)

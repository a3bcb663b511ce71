import pytest

from schemas.views import AcceptanceSection, BillPart
from streams.folds.acceptances import bill_subject, fold, subject_parts, to_provide
from streams.folds.refusals import Refused
from tests.support.builders import a_bill, a_bill_payment, a_bill_settlement
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def test_an_accepted_bill_is_to_be_provided_for() -> None:
    section = folded(fold, a_bill())
    assert set(section) == AcceptanceSection.__required_keys__
    assert set(section["bills"]["B1"]) == set(BillPart.__annotations__)
    assert (section["accepted_minor"], section["outstanding_minor"]) == (40_000_00, 40_000_00)
    assert (section["maturity_on"], section["status"]) == ("2020-09-02", "open")


def test_what_the_customer_provided_is_outstanding_no_more() -> None:
    section = folded(fold, a_bill(amount_minor=100), a_bill_payment(paid_minor=30))
    assert section["outstanding_minor"] == 70
    section = fold(section, a_bill_payment(source_seq=2, paid_minor=120))
    assert section["outstanding_minor"] == 0
    assert to_provide(section["bills"]["B1"]) == 0


def test_a_contract_is_settled_when_all_its_bills_are() -> None:
    other = {"bill_id": "B2", "maturity_on": "2020-07-01", "payee": "Mill"}
    section = folded(fold, a_bill(), a_bill(**other), a_bill_settlement())
    assert (section["status"], section["maturity_on"]) == ("open", "2020-07-01")
    assert section["bills"]["B2"]["payee"] == "Mill"
    section = fold(section, a_bill_settlement(bill_id="B2"))
    assert (section["status"], section["maturity_on"], section["outstanding_minor"]) == ("settled", None, 0)


def test_a_settlement_before_the_bill_stands() -> None:
    assert folded(fold, a_bill_settlement(), a_bill())["status"] == "settled"


def test_a_bill_twice_changes_nothing() -> None:
    section = folded(fold, a_bill())
    assert fold(section, a_bill()) is section


def test_another_currency_is_refused() -> None:
    with pytest.raises(Refused, match="should be CZK"):
        folded(fold, a_bill(), a_bill(bill_id="B2", currency="EUR"))


def test_a_contract_id_that_could_be_read_as_a_bill_of_another_is_refused() -> None:
    with pytest.raises(Refused, match="may not contain '/bill:'"):
        folded(fold, a_bill(contract_id="AC1/bill:B1"))


def test_a_subject_leads_back_to_its_section_and_bill() -> None:
    assert subject_parts(bill_subject("AC1", "B1")) == ("acceptance:AC1", "B1")


def test_any_order_and_repetition_ends_the_same() -> None:
    assert_any_order_and_repetition_ends_the_same(
        fold, [a_bill(), a_bill_payment(), a_bill_payment(source_seq=2, paid_minor=5), a_bill_settlement()]
    )

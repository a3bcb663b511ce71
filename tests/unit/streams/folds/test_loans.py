import pytest

from schemas.views import DrawdownPart, LoanSection
from streams.folds.additive import RECENT_WINDOW
from streams.folds.loans import drawdown_subject, fold, outstanding_of, subject_parts
from streams.folds.refusals import Late, Refused
from tests.support.builders import a_contract, a_drawdown, a_missed_instalment, a_repayment, a_settlement
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def test_a_signed_contract_has_nothing_drawn() -> None:
    section = folded(fold, a_contract())
    assert section == {
        "contract_id": "L1",
        "currency": "CZK",
        "contract_minor": 100_000_00,
        "signed_on": "2020-03-02",
        "drawn_minor": 0,
        "outstanding_minor": 0,
        "arrears_minor": 0,
        "maturity_on": None,
        "status": "open",
        "drawdowns": {},
        "order": {"signed": 0},
    }
    assert set(section) == LoanSection.__required_keys__


def test_a_drawdown_is_outstanding_until_repaid() -> None:
    section = folded(fold, a_contract(), a_drawdown(amount_minor=80), a_repayment(amount_minor=30))
    assert (section["drawn_minor"], section["outstanding_minor"]) == (80, 50)
    assert section["drawdowns"]["D1"]["repaid_minor"] == 30
    assert set(section["drawdowns"]["D1"]) == DrawdownPart.__required_keys__
    section = fold(section, a_repayment(amount_minor=60, source_seq=2))
    assert section["outstanding_minor"] == 0


def test_a_repayment_twice_is_counted_once() -> None:
    section = folded(fold, a_drawdown(), a_repayment())
    assert fold(section, a_repayment()) is section
    assert fold(section, a_missed_instalment(source_seq=1)) is section


def test_a_repayment_before_its_drawdown_is_kept() -> None:
    section = folded(fold, a_repayment(amount_minor=30))
    assert (section["drawn_minor"], section["outstanding_minor"]) == (0, 0)
    assert fold(section, a_drawdown(amount_minor=80))["outstanding_minor"] == 50


def test_an_older_repayment_is_counted_and_leaves_the_newer_arrears() -> None:
    section = folded(fold, a_missed_instalment(source_seq=4, arrears_minor=7), a_repayment(source_seq=3))
    assert (section["arrears_minor"], section["status"]) == (7, "in_arrears")
    assert section["drawdowns"]["D1"]["repaid_minor"] == 10_000_00


def test_a_missed_instalment_puts_the_contract_into_arrears_until_caught_up() -> None:
    section = folded(fold, a_drawdown(), a_missed_instalment(arrears_minor=20))
    assert (section["status"], section["arrears_minor"]) == ("in_arrears", 20)
    assert section["drawdowns"]["D1"]["missed"] == 1
    section = fold(section, a_repayment(source_seq=2, arrears_minor=0))
    assert (section["status"], section["arrears_minor"]) == ("open", 0)


def test_what_is_older_than_the_window_is_late() -> None:
    section = folded(fold, *(a_repayment(source_seq=seq) for seq in range(10, 10 + RECENT_WINDOW)))
    for event in (a_repayment(source_seq=9), a_missed_instalment(source_seq=9)):
        with pytest.raises(Late):
            fold(section, event)


def test_a_settled_drawdown_owes_nothing_whatever_is_told_of_it_later() -> None:
    section = folded(fold, a_drawdown(), a_settlement(), a_missed_instalment(source_seq=10, arrears_minor=5))
    assert section["status"] == "settled"
    assert (section["outstanding_minor"], section["arrears_minor"], section["maturity_on"]) == (0, 0, None)
    assert section["drawdowns"]["D1"]["status"] == "settled"


def test_a_contract_is_as_its_unsettled_drawdowns() -> None:
    section = folded(
        fold,
        a_drawdown(drawdown_id="D1", amount_minor=10, maturity_on="2021-01-01"),
        a_drawdown(drawdown_id="D2", amount_minor=20, maturity_on="2022-01-01"),
        a_settlement(drawdown_id="D1"),
    )
    assert (section["drawn_minor"], section["outstanding_minor"]) == (30, 20)
    assert (section["maturity_on"], section["status"]) == ("2022-01-01", "open")
    assert outstanding_of(section["drawdowns"]["D1"]) == 0


@pytest.mark.parametrize(
    "event",
    [
        a_contract(currency="EUR"),
        a_drawdown(currency="EUR"),
        a_repayment(currency="EUR"),
        a_missed_instalment(currency="EUR"),
    ],
)
def test_another_currency_is_refused(event: object) -> None:
    section = folded(fold, a_contract(source_seq=5), a_drawdown(source_seq=5))
    with pytest.raises(Refused, match="currency: should be CZK"):
        fold(section, event)  # type: ignore[arg-type]


def test_repayments_beyond_64_bits_are_refused() -> None:
    section = folded(fold, a_drawdown())
    drawdown = {**section["drawdowns"]["D1"], "repaid_minor": 2**63 - 2}
    section = {**section, "drawdowns": {"D1": drawdown}}
    with pytest.raises(Refused, match="64 bits"):
        fold(section, a_repayment(amount_minor=2))


def test_a_drawdown_is_named_by_one_subject_only() -> None:
    assert subject_parts(drawdown_subject("L/1", "a/drawdown:b")) == ("loan:L/1", "a/drawdown:b")
    with pytest.raises(Refused, match="contract_id"):
        fold(None, a_drawdown(contract_id="L/drawdown:a", drawdown_id="b"))


def test_any_order_and_repetition_ends_the_same() -> None:
    history = [
        a_contract(),
        a_drawdown(source_seq=0),
        a_repayment(source_seq=1, arrears_minor=5),
        a_missed_instalment(source_seq=2),
        a_settlement(source_seq=3),
    ]
    assert_any_order_and_repetition_ends_the_same(fold, history)
    assert_any_order_and_repetition_ends_the_same(fold, history[:4])

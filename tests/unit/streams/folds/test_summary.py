from copy import deepcopy

import pytest

from schemas.views import SummarySection, Totals
from streams.folds import acceptances, collateral, complaints, guarantees, loans
from streams.folds.refusals import Refused
from streams.folds.summary import Tally
from tests.support.builders import (
    a_bill,
    a_bill_payment,
    a_closure,
    a_complaint,
    a_contract,
    a_drawdown,
    a_guarantee,
    a_guarantee_release,
    a_pledge,
    a_resolution,
    a_settlement,
    a_valuation,
    an_account,
    an_entry,
)
from tests.unit.streams.folds.folding import fold_account, folded

AS_OF = "2026-11-23T10:00:00Z"


def test_a_summary_of_nothing_counts_nothing() -> None:
    section = Tally(None).section(AS_OF)
    assert set(section) == SummarySection.__required_keys__
    assert set(section["totals"]) == Totals.__required_keys__
    assert section["totals"]["accounts"] == 0
    assert section["totals"]["balance_minor"] == {}


def test_balances_of_living_accounts_add_up() -> None:
    tally = Tally(None)
    first = folded(fold_account, an_entry(account_id="A1", balance_minor=100))
    second = folded(fold_account, an_entry(account_id="A2", balance_minor=-30))
    tally.account(None, first)
    tally.account(None, second)
    totals = tally.section(AS_OF)["totals"]
    assert (totals["accounts"], totals["balance_minor"]) == (2, {"CZK": 70})
    tally.account(first, fold_account(first, a_closure()))
    totals = tally.section(AS_OF)["totals"]
    assert (totals["accounts"], totals["balance_minor"]) == (1, {"CZK": -30})


def test_a_currency_is_listed_once_met() -> None:
    tally = Tally(None)
    opened = folded(fold_account, an_account(currency="EUR"))
    tally.account(None, opened)
    tally.loan(None, folded(loans.fold, a_contract(currency="USD")))
    totals = tally.section(AS_OF)["totals"]
    assert (totals["balance_minor"], totals["outstanding_minor"]) == ({"EUR": 0}, {"USD": 0})


def test_what_is_outstanding_adds_up_until_settled() -> None:
    tally = Tally(None)
    drawn = folded(loans.fold, a_drawdown(amount_minor=80))
    tally.loan(None, drawn)
    assert tally.section(AS_OF)["totals"]["outstanding_minor"] == {"CZK": 80}
    tally.loan(drawn, loans.fold(drawn, a_settlement()))
    totals = tally.section(AS_OF)["totals"]
    assert (totals["loans"], totals["outstanding_minor"]) == (0, {"CZK": 0})


def test_unfinished_complaints_are_counted() -> None:
    tally = Tally(None)
    received = folded(complaints.fold, a_complaint())
    tally.complaint(None, received)
    assert tally.section(AS_OF)["totals"]["complaints"] == 1
    tally.complaint(received, complaints.fold(received, a_resolution()))
    assert tally.section(AS_OF)["totals"]["complaints"] == 0


def test_alerts_at_a_desk_are_counted_until_addressed() -> None:
    tally = Tally(None)
    tally.alerts(1, 1)
    tally.alerts(1, 0)
    assert tally.unaddressed == 1
    tally.alerts(0, -1)
    totals = tally.section(AS_OF)["totals"]
    assert (totals["alerts"], totals["unaddressed"]) == (2, 0)


def test_the_section_before_is_left_as_it_was() -> None:
    first = Tally(None)
    entered = folded(fold_account, an_entry())
    first.account(None, entered)
    section = first.section(AS_OF)
    kept = deepcopy(section)
    second = Tally(section)
    second.account(entered, fold_account(entered, an_entry(source_seq=2, balance_minor=5)))
    second.applied["account-changes"] = ["t", 1]
    second.alerts(1, 1)
    assert section == kept


def test_a_total_beyond_64_bits_is_refused_and_nothing_counted() -> None:
    tally = Tally(None)
    most = folded(fold_account, an_entry(balance_minor=10**15))
    tally.account(None, {**most, "balance_minor": 2**63 - 1})
    before = deepcopy(tally.section(AS_OF))
    with pytest.raises(Refused, match="64 bits"):
        tally.account(None, folded(fold_account, an_entry(account_id="A2", balance_minor=1)))
    assert tally.section(AS_OF) == before


def test_guarantees_acceptances_and_collateral_are_counted_from_when_there_are_any() -> None:
    tally = Tally(None)
    issued = folded(guarantees.fold, a_guarantee(amount_minor=50))
    accepted = folded(acceptances.fold, a_bill(amount_minor=40))
    pledged = folded(collateral.fold, a_pledge(value_minor=30))
    tally.guarantee(None, issued)
    tally.acceptance(None, accepted)
    tally.collateral(None, pledged)
    totals = tally.section(AS_OF)["totals"]
    assert set(totals) == set(Totals.__annotations__)
    assert (totals["guarantees"], totals["acceptances"]) == (1, 1)
    assert (totals["guaranteed_minor"], totals["accepted_minor"]) == ({"CZK": 50}, {"CZK": 40})
    assert totals["collateral_minor"] == {"CZK": 30}
    tally.guarantee(issued, guarantees.fold(issued, a_guarantee_release()))
    tally.acceptance(accepted, acceptances.fold(accepted, a_bill_payment(paid_minor=15)))
    tally.collateral(pledged, collateral.fold(pledged, a_valuation(value_minor=20)))
    totals = tally.section(AS_OF)["totals"]
    assert (totals["guarantees"], totals["guaranteed_minor"]) == (0, {"CZK": 0})
    assert (totals["acceptances"], totals["accepted_minor"]) == (1, {"CZK": 25})
    assert totals["collateral_minor"] == {"CZK": 20}

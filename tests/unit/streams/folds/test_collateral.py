import pytest

from schemas.views import CollateralSection, PledgePart
from streams.folds.collateral import fold
from streams.folds.refusals import Refused
from tests.support.builders import a_collateral_release, a_pledge, a_valuation
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def test_a_pledge_secures_its_contract_with_its_value() -> None:
    section = folded(fold, a_pledge(cover_percent=120, description="House"))
    assert set(section) == CollateralSection.__required_keys__
    assert set(section["pledges"]["P1"]) == set(PledgePart.__annotations__)
    assert (section["value_minor"], section["cover_percent"]) == (120_000_00, 120)
    assert (section["pledges"]["P1"]["kind"], section["pledges"]["P1"]["description"]) == ("real_estate", "House")


def test_a_valuation_replaces_the_value() -> None:
    section = folded(fold, a_pledge(), a_valuation())
    assert (section["value_minor"], section["pledges"]["P1"]["valued_on"]) == (90_000_00, "2020-03-02")


def test_pledges_add_up_and_the_strictest_cover_counts() -> None:
    section = folded(fold, a_pledge(value_minor=10), a_pledge(collateral_id="P2", value_minor=5, cover_percent=150))
    assert (section["value_minor"], section["cover_percent"]) == (15, 150)


def test_what_is_released_counts_no_more_and_may_be_pledged_again() -> None:
    section = folded(fold, a_pledge(), a_collateral_release())
    assert (section["value_minor"], section["cover_percent"]) == (0, None)
    section = fold(section, a_pledge(source_seq=10))
    assert (section["value_minor"], section["pledges"]["P1"]["status"]) == (120_000_00, "pledged")


def test_a_valuation_before_its_pledge_is_kept() -> None:
    assert folded(fold, a_valuation(), a_pledge())["value_minor"] == 90_000_00


def test_a_pledge_twice_changes_nothing() -> None:
    section = folded(fold, a_pledge())
    assert fold(section, a_pledge()) is section


def test_another_currency_is_refused() -> None:
    with pytest.raises(Refused, match="should be CZK"):
        folded(fold, a_pledge(), a_valuation(currency="EUR"))


def test_any_order_and_repetition_ends_the_same() -> None:
    assert_any_order_and_repetition_ends_the_same(
        fold, [a_pledge(), a_valuation(), a_valuation(source_seq=2, value_minor=5), a_collateral_release()]
    )

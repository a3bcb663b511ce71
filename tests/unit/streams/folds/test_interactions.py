import pytest

from schemas.views import CampaignPart, ContactPart, InteractionsSection, InterestPart, SatisfactionPart
from streams.folds.additive import RECENT_WINDOW
from streams.folds.interactions import CONTACTS_KEPT, fold
from streams.folds.refusals import Late
from tests.support.builders import a_campaign_answer, a_contact, a_score, an_interest
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def test_every_kind_of_contact_has_its_place() -> None:
    section = folded(fold, a_contact(), a_campaign_answer(), an_interest(), a_score())
    assert set(section) == InteractionsSection.__required_keys__
    assert set(section["contacts"][0]) == set(ContactPart.__annotations__)
    assert set(section["campaigns"][0]) == set(CampaignPart.__annotations__)
    assert set(section["interests"][0]) == set(InterestPart.__annotations__)
    assert set(section["satisfaction"]) == set(SatisfactionPart.__annotations__)
    assert section["counts"] == {"contacts": 1, "campaigns": 1, "interests": 1, "scores": 1}


def test_a_customer_who_was_not_reached_was_not_contacted() -> None:
    section = folded(fold, a_contact(outcome="not_reached"))
    assert (section["last_contact_at"], len(section["contacts"])) == (None, 1)
    section = fold(section, a_contact(source_seq=1))
    assert section["last_contact_at"] == "2020-03-02T12:00:00Z"


def test_a_contact_that_comes_late_is_not_the_last() -> None:
    late = a_contact(source_seq=0, occurred_at="2020-03-01T12:00:00Z")
    section = folded(fold, a_contact(source_seq=1), late)
    assert section["last_contact_at"] == "2020-03-02T12:00:00Z"
    assert [part["seq"] for part in section["contacts"]] == [0, 1]


def test_only_the_newest_contacts_are_listed_and_all_are_counted() -> None:
    section = folded(fold, *(a_contact(source_seq=seq) for seq in range(CONTACTS_KEPT + 5)))
    assert [part["seq"] for part in section["contacts"]] == list(range(5, CONTACTS_KEPT + 5))
    assert section["counts"]["contacts"] == CONTACTS_KEPT + 5


def test_instants_are_compared_as_such_and_not_as_texts() -> None:
    first, second = "2020-03-02T12:00:00Z", "2020-03-02T12:00:00.5Z"
    section = folded(fold, a_score(source_seq=1, occurred_at=second, score=9), a_score(occurred_at=first, score=1))
    assert section["satisfaction"]["score"] == 9


def test_two_sources_number_theirs_independently() -> None:
    section = folded(fold, a_contact(source="call-centre"), a_contact(source="e-bank"))
    assert section["counts"]["contacts"] == 2
    assert section["recent"] == {"call-centre": [0], "e-bank": [0]}


def test_a_contact_twice_is_counted_once() -> None:
    section = folded(fold, a_contact())
    assert fold(section, a_contact()) is section


def test_a_contact_older_than_the_window_of_its_source_is_late() -> None:
    section = folded(fold, *(an_interest(source_seq=seq) for seq in range(1, RECENT_WINDOW + 1)))
    with pytest.raises(Late):
        fold(section, an_interest(source_seq=0))


def test_any_order_and_repetition_ends_the_same() -> None:
    history = [
        a_contact(),
        a_contact(source_seq=1, occurred_at="2020-03-03T12:00:00Z", outcome="not_reached"),
        an_interest(),
        a_score(),
        a_score(source_seq=1, score=1),
    ]
    assert_any_order_and_repetition_ends_the_same(fold, history)

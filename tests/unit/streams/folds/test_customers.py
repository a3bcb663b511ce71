import pytest

from schemas.views import ProfileSection, RelationshipPart
from streams.folds.customers import fold
from tests.support.builders import (
    a_co_host,
    a_customer,
    a_host,
    a_relationship,
    a_relationship_end,
    a_signatory,
    an_amendment,
)
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def test_a_registered_customer_has_what_was_stated() -> None:
    section = folded(fold, a_customer(born_on="1980-05-06", vip=False))
    assert set(section) == ProfileSection.__required_keys__ | {"tier"}
    assert section["name"] == "Jana Novotná"
    assert section["kind"] == "personal"
    assert type(section["kind"]) is str
    assert (section["born_on"], section["vip"], section["phone"]) == ("1980-05-06", False, None)
    assert section["order"] == {"name": 0, "kind": 0, "registered_on": 0, "born_on": 0, "vip": 0}


def test_an_amendment_changes_only_what_it_states() -> None:
    section = folded(fold, a_customer(), an_amendment(phone="123", source_seq=4))
    assert (section["name"], section["phone"]) == ("Jana Novotná", "123")
    assert section["order"]["phone"] == 4


def test_an_older_amendment_leaves_newer_fields() -> None:
    section = folded(fold, an_amendment(name="New", source_seq=5), an_amendment(name="Old", phone="1", source_seq=4))
    assert (section["name"], section["phone"]) == ("New", "1")


def test_an_amendment_twice_changes_nothing() -> None:
    section = folded(fold, an_amendment(name="New"))
    assert fold(section, an_amendment(name="New")) is section


def test_the_host_is_the_newest_of_the_current_hosts() -> None:
    first = a_host("M1", occurred_at="2020-01-01T00:00:00Z")
    second = a_host("M2", occurred_at="2020-02-01T00:00:00Z")
    section = folded(fold, second, first)
    assert section["host_manager"] == "M2"
    ended = a_relationship_end(relationship_id="host-M2")
    assert fold(section, ended)["host_manager"] == "M1"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5Z"),
        ("2020-01-01T01:00:00+02:00", "2020-01-01T00:00:00Z"),
    ],
)
def test_hosts_are_compared_by_instant_not_by_text(earlier: str, later: str) -> None:
    section = folded(fold, a_host("M9", occurred_at=earlier), a_host("M1", occurred_at=later))
    assert section["host_manager"] == "M1"


def test_of_hosts_of_one_instant_the_greater_relationship_is_the_host() -> None:
    assert folded(fold, a_host("M2"), a_host("M1"))["host_manager"] == "M2"


def test_co_hosts_and_signatories_are_sorted_and_distinct() -> None:
    section = folded(
        fold,
        a_co_host("M3"),
        a_co_host("M2"),
        a_signatory("P1", relationship_id="S1", account_id="A1"),
        a_signatory("P1", relationship_id="S2", account_id="A2"),
    )
    assert (section["co_hosts"], section["signatories"]) == (["M2", "M3"], ["P1"])


def test_an_end_before_its_assignment_is_kept() -> None:
    ended = folded(fold, a_relationship_end(source_seq=5))
    part = ended["relationships"]["R1"]
    assert set(part) == RelationshipPart.__required_keys__
    assert part == {
        "role": None,
        "party_id": None,
        "account_id": None,
        "since": None,
        "active": False,
        "seq": 5,
        "assigned_seq": -1,
    }
    section = fold(ended, a_relationship(source_seq=0))
    assert section["relationships"]["R1"]["party_id"] == "M001"
    assert section["relationships"]["R1"]["active"] is False
    assert section["host_manager"] is None


def test_an_assignment_after_the_end_begins_anew() -> None:
    section = folded(fold, a_relationship(), a_relationship_end(source_seq=1), a_relationship(source_seq=2))
    assert section["host_manager"] == "M001"


def test_a_relationship_twice_changes_nothing() -> None:
    section = folded(fold, a_relationship(), a_relationship_end())
    assert fold(section, a_relationship()) is section
    assert fold(section, a_relationship_end()) is section


def test_any_order_and_repetition_ends_the_same() -> None:
    history = [
        a_customer(),
        an_amendment(name="Second", phone="1", source_seq=1),
        a_relationship(source_seq=0, party_id="M1"),
        a_relationship(source_seq=3, party_id="M2", occurred_at="2020-04-01T00:00:00Z"),
        a_relationship_end(source_seq=5),
    ]
    assert_any_order_and_repetition_ends_the_same(fold, history)

"""Index entries follow from sections: those of a part are the part of those of the whole."""

import random

import orjson
from hypothesis import given
from hypothesis import strategies as st

from connectors.identifiers import Identifiers
from connectors.indexing import Indexing, concerns, facts_alone, told, whose_customer
from connectors.redis_keys import Keys
from schemas.views import PROFILE
from tests.support.naive_indexes import naive_entries
from tests.support.random_views import a_change

KEYS = Keys("2.3")
IDENTIFIERS = Identifiers(b"sixteen bytes or more")
INDEXING = Indexing(KEYS, IDENTIFIERS)


def _view(chance: random.Random) -> dict[str, bytes]:
    """What a few changes of one customer leave."""
    sections: dict[str, bytes | None] = {}
    for offset in range(4):
        sections |= a_change(chance, offset).sections
    return {name: value for name, value in sections.items() if value is not None}


@given(st.integers())
def test_the_entries_of_a_view_are_those_of_a_naive_recomputation(seed: int) -> None:
    view = _view(random.Random(seed))
    entries = INDEXING.entries("B1", view, view.get(PROFILE))
    decoded = {name: orjson.loads(value) for name, value in view.items()}
    naive = naive_entries({"B1": decoded}, KEYS, IDENTIFIERS)
    assert {entry: score or 0 for entry, score in entries.items()} == naive


SOME = ["account:1", "account:2", "loan:1", "alert:x", "complaint:k", "interactions", "summary"]


@given(st.integers(), st.sets(st.sampled_from(SOME)))
def test_a_part_of_the_sections_asks_for_its_part_of_the_entries(seed: int, some: set[str]) -> None:
    view = _view(random.Random(seed))
    profile = view.get(PROFILE)
    whole = INDEXING.entries("B1", view, profile)
    part = {name: value for name, value in view.items() if name in some}
    rest = {name: value for name, value in view.items() if name not in some and name != PROFILE}
    asked, others = INDEXING.entries("B1", part, profile), INDEXING.entries("B1", rest, profile)
    assert asked.items() <= whole.items()
    assert not asked.keys() & others.keys()
    named = INDEXING.entries("B1", part, profile, named_already=part)
    for name, value in part.items():
        of_this = dict(INDEXING.of_told("B1", name, told(name, value), whose_customer(profile)))
        assert of_this.items() <= named.items()
        assert concerns(name) or not of_this


@given(st.integers())
def test_entries_come_and_go_with_facts_alone(seed: int) -> None:
    view = _view(random.Random(seed))
    whose = whose_customer(view.get(PROFILE))
    for name, value in view.items():
        what = told(name, value)
        without_amounts = INDEXING.of_told("B1", name, facts_alone(name, what.facts), whose)
        assert [entry for entry, _ in without_amounts] == [
            entry for entry, _ in INDEXING.of_told("B1", name, what, whose)
        ]

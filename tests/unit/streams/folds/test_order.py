from streams.folds.order import is_newer, stated
from streams.view import Section


def a_section() -> Section:
    return {"name": "old", "phone": None, "order": {"name": 5}}


def test_a_newer_statement_is_taken_with_its_seq() -> None:
    after = stated(a_section(), 6, {"name": {"name": "new"}})
    assert after == {"name": "new", "phone": None, "order": {"name": 6}}


def test_what_is_older_or_the_same_leaves_the_very_section() -> None:
    section = a_section()
    assert stated(section, 5, {"name": {"name": "same seq"}}) is section
    assert stated(section, 4, {"name": {"name": "older"}}) is section


def test_each_fact_is_ordered_by_itself() -> None:
    after = stated(a_section(), 3, {"name": {"name": "older"}, "phone": {"phone": "123"}})
    assert after == {"name": "old", "phone": "123", "order": {"name": 5, "phone": 3}}


def test_seq_zero_states_what_nobody_stated() -> None:
    assert is_newer(a_section(), "phone", 0)
    assert not is_newer(a_section(), "name", 0)


def test_the_section_before_is_left_as_it_was() -> None:
    section = a_section()
    stated(section, 9, {"name": {"name": "new"}})
    assert section == a_section()

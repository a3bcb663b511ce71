"""What a projector remembers of sections is bounded, and never more than it may rely on."""

from connectors.indexing import Told, Whose
from connectors.sinks.known_facts import KnownFacts

HERS = Whose(("manager:M1",), "P1")
HIS = Whose(("manager:M2",), None)
OPEN = Told((("current", "CZK"), ()), (100,))
CLOSED = Told((None, ()), ())


def test_what_a_section_said_is_known_but_for_its_amount() -> None:
    known = KnownFacts()
    known.learn("B1", HERS, {"account:1": OPEN}, whole=True)
    found = known.of("B1")
    assert found is not None
    assert found.told("account:1") == Told((("current", "CZK"), ()), (0,))
    assert found.told("account:2") is None
    assert found.whole


def test_sections_learnt_later_stand_beside_those_before_unless_he_is_somebody_elses() -> None:
    known = KnownFacts()
    known.learn("B1", HERS, {"account:1": OPEN, "account:2": OPEN}, whole=True)
    known.learn("B1", HERS, {"account:1": CLOSED, "account:2": None}, whole=False)
    found = known.of("B1")
    assert found is not None
    assert found.says == {"account:1": CLOSED.facts}
    assert found.whole
    known.learn("B1", HIS, {"account:3": OPEN}, whole=False)
    found = known.of("B1")
    assert found is not None
    assert found.says == {"account:3": OPEN.facts}
    assert not found.whole


def test_who_is_forgotten_is_not_known() -> None:
    known = KnownFacts()
    known.learn("B1", HERS, {"account:1": OPEN}, whole=True)
    known.forget(["B1", "B2"])
    assert known.of("B1") is None


def test_those_who_are_asked_for_outlast_those_who_are_not() -> None:
    known = KnownFacts(sections=8)
    for number in range(50):
        known.learn(f"B{number}", HERS, {"account:1": OPEN}, whole=True)
        assert known.of("B0") is not None
    assert known.of("B20") is None
    assert known.of("B49") is not None


def test_what_a_few_customers_say_one_thing_after_the_other_is_not_kept_for_ever() -> None:
    known = KnownFacts(sections=8)
    known.learn("B0", HERS, {"account:1": OPEN}, whole=True)
    for number in range(50):
        raised = Told(("manager:M1", f"2026-05-05T10:00:{number:02}Z"), ())
        known.learn("B1", HERS, {f"alert:{number}": raised}, whole=False)
        known.learn("B1", HERS, {f"alert:{number}": None}, whole=False)
        assert len(known._shared) <= 8
    found = known.of("B1")
    assert found is not None
    assert found.says == {}
    assert known.of("B0") is None

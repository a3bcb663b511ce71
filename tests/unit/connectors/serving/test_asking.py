"""A lookup is of one namespace, whenever another one comes into force."""

import pytest

from connectors.errors import Incompatible, Unavailable
from connectors.redis_keys import DEFAULT_NAMESPACE
from connectors.serving.asking import ASKING_POINTER, Steps, Turn


def _two_rounds(namespace: str) -> Steps[str]:
    (first,) = yield [("GET", namespace, "first")]
    (second,) = yield [("GET", namespace, "second")]
    return f"{first}{second}"


def test_answers_count_while_the_namespace_is_in_force() -> None:
    turn = Turn("2.1", _two_rounds)
    assert turn.asks == [("GET", "2.1", "first"), ASKING_POINTER]
    turn.answer(["a", b"2.1"])
    assert turn.asks[0] == ("GET", "2.1", "second")
    turn.answer(["b", b"2.1"])
    assert turn.done
    assert turn.found == "ab"


def test_a_switch_between_two_rounds_begins_the_lookup_anew_in_the_other_namespace() -> None:
    turn = Turn("2.1", _two_rounds)
    turn.answer(["a", b"2.1"])
    turn.answer(["half removed", b"2.2"])
    assert turn.asks == [("GET", "2.2", "first"), ASKING_POINTER]
    turn.answer(["c", b"2.2"])
    turn.answer(["d", b"2.2"])
    assert (turn.found, turn.namespace) == ("cd", "2.2")


def test_a_redis_nobody_has_written_has_the_namespace_that_will_be_the_first() -> None:
    turn = Turn(DEFAULT_NAMESPACE, _two_rounds)
    turn.answer([None, None])
    assert turn.asks[0] == ("GET", DEFAULT_NAMESPACE, "second")


def test_another_schema_is_refused_and_endless_switching_given_up() -> None:
    with pytest.raises(Incompatible, match="schema 3 and this program reads schema 2"):
        Turn("2.1", _two_rounds).answer(["a", b"3.1"])
    turn = Turn("2.1", _two_rounds)
    for number in range(2, 6):
        turn.answer(["a", b"2.%d" % number])
    with pytest.raises(Unavailable, match="again and again"):
        turn.answer(["a", b"2.6"])

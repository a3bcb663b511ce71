"""A lookup is of one namespace, whenever another one comes into force."""

import pytest

from connectors.errors import Incompatible, Unavailable
from connectors.redis_keys import DEFAULT_NAMESPACE, SCHEMA, following
from connectors.serving.asking import ASKING_POINTER, Steps, Turn

NEXT = following(DEFAULT_NAMESPACE)
FIRST_BYTES, NEXT_BYTES = DEFAULT_NAMESPACE.encode(), NEXT.encode()


def _two_rounds(namespace: str) -> Steps[str]:
    (first,) = yield [("GET", namespace, "first")]
    (second,) = yield [("GET", namespace, "second")]
    return f"{first}{second}"


def test_answers_count_while_the_namespace_is_in_force() -> None:
    turn = Turn(DEFAULT_NAMESPACE, _two_rounds)
    assert turn.asks == [("GET", DEFAULT_NAMESPACE, "first"), ASKING_POINTER]
    turn.answer(["a", FIRST_BYTES])
    assert turn.asks[0] == ("GET", DEFAULT_NAMESPACE, "second")
    turn.answer(["b", FIRST_BYTES])
    assert turn.done
    assert turn.found == "ab"


def test_a_switch_between_two_rounds_begins_the_lookup_anew_in_the_other_namespace() -> None:
    turn = Turn(DEFAULT_NAMESPACE, _two_rounds)
    turn.answer(["a", FIRST_BYTES])
    turn.answer(["half removed", NEXT_BYTES])
    assert turn.asks == [("GET", NEXT, "first"), ASKING_POINTER]
    turn.answer(["c", NEXT_BYTES])
    turn.answer(["d", NEXT_BYTES])
    assert (turn.found, turn.namespace) == ("cd", NEXT)


def test_a_redis_nobody_has_written_has_the_namespace_that_will_be_the_first() -> None:
    turn = Turn(DEFAULT_NAMESPACE, _two_rounds)
    turn.answer([None, None])
    assert turn.asks[0] == ("GET", DEFAULT_NAMESPACE, "second")


def test_another_schema_is_refused_and_endless_switching_given_up() -> None:
    with pytest.raises(Incompatible, match=f"schema {SCHEMA + 1} and this program reads schema {SCHEMA}"):
        Turn(DEFAULT_NAMESPACE, _two_rounds).answer(["a", b"%d.1" % (SCHEMA + 1)])
    turn = Turn(DEFAULT_NAMESPACE, _two_rounds)
    for number in range(2, 6):
        turn.answer(["a", b"%d.%d" % (SCHEMA, number)])
    with pytest.raises(Unavailable, match="again and again"):
        turn.answer(["a", b"%d.6" % SCHEMA])

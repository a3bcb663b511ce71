"""What is kept of changes, by number and by moment, against all that ever came."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from connectors.serving.kept_changes import KeptChanges

SECTIONS = {"account:1": b"{}"}
CUSTOMERS = ["A", "B", "C", "D"]


@dataclass
class Story:
    """All that came: (number, customer, moment), and since when nothing was lost to `forget`."""

    came: list[tuple[int, str, float]] = field(default_factory=list)
    forgotten: int = 0
    at: float = 0.0


def told(steps: list[tuple[float, str | None]], most: int, customers: int) -> tuple[KeptChanges, Story]:
    """After each pause a change of a customer, or (None) all is forgotten."""
    kept, story = KeptChanges(most, customers, 24.0), Story()
    for pause, customer in steps:
        story.at += pause
        if customer is None:
            kept.forget(story.at)
            story.came, story.forgotten = [], kept.newest
        else:
            change = kept.add(customer, SECTIONS, story.at)
            story.came.append((change.number, customer, story.at))
    return kept, story


STEPS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 1.0, 11.0]), st.sampled_from([*CUSTOMERS, *CUSTOMERS, None])),
    max_size=40,
)


@given(STEPS, st.integers(1, 6), st.integers(1, 4), st.integers(0, 45), st.sets(st.sampled_from(CUSTOMERS)))
def test_who_is_said_to_have_all_gets_all_that_came_after_his_number(
    steps: list[tuple[float, str | None]], most: int, customers: int, number: int, whose: set[str]
) -> None:
    kept, story = told(steps, most, customers)
    if kept.has_all(number, whose):
        assert story.forgotten <= number <= kept.newest
        wanted = [at for at, customer, _ in story.came if at > number and customer in whose]
        assert [change.number for change in kept.after(number, whose)] == wanted


@given(STEPS, st.integers(1, 6), st.sets(st.sampled_from(CUSTOMERS)))
def test_while_enough_is_remembered_only_whose_changes_are_lost_has_not_all(
    steps: list[tuple[float, str | None]], most: int, whose: set[str]
) -> None:
    kept, story = told(steps, most, len(CUSTOMERS) + 1)
    for number in range(story.forgotten, kept.newest + 1):
        lost = [at for at, customer, _ in story.came[:-most] if at > number and customer in whose]
        assert kept.has_all(number, whose) is not bool(lost)


@given(STEPS, st.sampled_from([0.0, 0.05, 0.3, 2.0, 12.0]))
def test_after_the_number_of_a_moment_comes_all_that_came_since_and_little_that_came_before(
    steps: list[tuple[float, str | None]], ago: float
) -> None:
    kept, story = told(steps, 50, 50)
    moment = story.at - ago
    number = kept.newest_at(moment)
    if kept.has_all(number, CUSTOMERS):
        assert all(at > number for at, _, when in story.came if when >= moment)
        assert all(when > moment - 0.25 for at, _, when in story.came if at > number)
    else:
        assert story.forgotten > number, "all was forgotten since"


def test_a_place_of_another_process_or_none_is_no_number() -> None:
    kept = KeptChanges(10, 10, 24.0)
    assert kept.number_of(kept.place(7)) == 7
    for place in ("", "nonsense", "other-1", "-", "1", kept.place(7) + "x"):
        assert kept.number_of(place) is None

"""What was, against the oracle: any order and repetition of events ends in the same timeline and the same closings."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from streams.folds import timeline as timelines
from streams.view import Section
from tests.support.builders import NOON, a_balance, a_complaint, a_freeze, an_entry
from tests.support.driver import Driver
from tests.support.oracle_past import closings, timeline

ENTRIES_TO_REMEMBER: Final = 32


def _on(month: int, day: int) -> date:
    return date(2018 + month // 12, month % 12 + 1, day)


@st.composite
def balances(draw: st.DrawFn) -> list[Any]:
    """Entries and reports of one account over up to 20 months, each with a number of its own; days may go back."""
    count = draw(st.integers(1, ENTRIES_TO_REMEMBER))
    days = st.builds(_on, st.integers(0, 19), st.integers(1, 28))
    events: list[Any] = []
    for seq in range(count):
        on, balance_minor = draw(days), draw(st.integers(-3, 3))
        if draw(st.booleans()):
            events.append(an_entry(source_seq=seq, booked_on=on, balance_minor=balance_minor))
        else:
            noon = datetime.combine(on, NOON.timetz())
            events.append(a_balance(source_seq=seq, balance_minor=balance_minor, occurred_at=noon))
    return events


@st.composite
def disorder(draw: st.DrawFn, events: list[Any]) -> list[Any]:
    again = draw(st.lists(st.sampled_from(events), max_size=8))
    return list(draw(st.permutations([*events, *again])))


def _closed(events: list[Any]) -> dict[str, Section]:
    driver = Driver()
    driver.pipe_each(*events)
    history = driver.view().get("history:A1")
    return {} if history is None else dict(history["closings"])


@given(st.data(), balances())
def test_of_each_month_the_newest_balance_stands_in_whatever_order(data: st.DataObject, events: list[Any]) -> None:
    wanted = closings(events, lambda instant: instant.date())
    assert _closed(events) == wanted
    disorderly = _closed(data.draw(disorder(events)))
    assert disorderly == wanted
    assert list(disorderly) == sorted(disorderly)


@given(st.data(), st.integers(1, 48), st.randoms(use_true_random=False))
def test_the_newest_events_stand_in_the_timeline_in_whatever_order(
    data: st.DataObject, count: int, random: Any
) -> None:
    events: list[Any] = []
    for seq in range(count):
        at = NOON + timedelta(seconds=random.randrange(12), microseconds=random.choice((0, 0, 500_000)))
        build = random.choice((a_freeze, a_complaint))
        events.append(build(source_seq=seq, source=random.choice(("core", "web")), occurred_at=at))
    section: Section | None = None
    for event in data.draw(disorder(events)):
        section = timelines.fold(section, event)
    assert section == {"events": timeline(events)}

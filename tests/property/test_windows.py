"""Windows against a list of all that ever came: the same in any order, and never larger than the window."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.rules.windows import LARGEST, sums_with, total, with_peak

DAYS = st.dates(date(2020, 1, 1), date(2020, 2, 15))
AMOUNTS = st.integers(-(10**15), 10**15)
FLOWS = st.lists(st.tuples(DAYS, AMOUNTS), max_size=40)


def kept(flows: list[tuple[date, int]], span: int) -> dict[str, int]:
    sums: dict[str, int] = {}
    for day, amount in flows:
        sums = sums_with(sums, day, amount, span) or sums
    return sums


@given(FLOWS, st.integers(1, 31), st.randoms(use_true_random=False))
def test_sums_by_day_are_those_of_the_newest_days_in_whatever_order(
    flows: list[tuple[date, int]], span: int, random: object
) -> None:
    shuffled = list(flows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    newest = max((day for day, _ in flows), default=date.min)
    wanted = {
        day.isoformat(): sum(amount for on, amount in flows if on == day)
        for day in sorted({day for day, _ in flows})
        if newest - day < timedelta(span)
    }
    assert kept(flows, span) == kept(shuffled, span) == wanted
    assert list(kept(shuffled, span)) == list(wanted)
    assert len(wanted) <= span


@given(FLOWS, st.integers(1, 31), DAYS)
def test_an_amount_older_than_the_window_is_not_taken(flows: list[tuple[date, int]], span: int, day: date) -> None:
    sums = kept(flows, span)
    is_older = bool(sums) and date.fromisoformat(max(sums)) - day >= timedelta(span)
    assert (sums_with(sums, day, 1, span) is None) is is_older


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 100)), min_size=1, max_size=40), st.integers(1, 8))
def test_the_greatest_peak_is_that_of_the_window(told: list[tuple[int, int]], span: int) -> None:
    told.sort(key=lambda one: one[0])
    peaks: dict[str, int] = {}
    for step, minor in told:
        peaks = with_peak(peaks, f"{step:03}", f"{max(0, step - span + 1):03}", minor)
        newest = step
        seen = [held for of, held in told[: told.index((step, minor)) + 1] if newest - of < span]
        assert max(peaks.values()) >= max(seen)
        assert len(peaks) <= span
        assert sorted(peaks.values(), reverse=True) == list(peaks.values())
    window = [minor for step, minor in told if told[-1][0] - step < span]
    assert max(peaks.values()) == max(window)


def test_sums_stay_within_what_a_view_holds() -> None:
    day = date(2020, 3, 2)
    assert sums_with({"2020-03-02": LARGEST}, day, 1, 3) == {"2020-03-02": LARGEST}
    assert sums_with({"2020-03-02": -LARGEST}, day, -1, 3) == {"2020-03-02": -LARGEST}
    assert total([LARGEST, LARGEST]) == LARGEST

"""Windows of days that a rule keeps in a section: sums and peaks by day, never more of them than the window has."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

__all__ = ["LARGEST", "sums_with", "total", "with_peak"]

LARGEST: Final = 2**63 - 1
"""What a view can hold; a sum beyond stands there, which no threshold is near to."""


def sums_with(sums: dict[str, int], day: date, amount: int, span: int) -> dict[str, int] | None:
    """`sums` by day (ISO text, ascending) with `amount` on `day`: those of the newest `span` days; None: it is older.

    In whatever order amounts come, the same sums are left.
    """
    on = day.isoformat()
    newest = next(reversed(sums), on)
    first = _before(day if newest <= on else date.fromisoformat(newest), span - 1)
    if on < first:
        return None
    kept = {held: minor for held, minor in sums.items() if held >= first}
    kept[on] = _within(kept.get(on, 0) + amount)
    return kept if newest <= on else dict(sorted(kept.items()))


def total(amounts: Iterable[int]) -> int:
    """Their sum."""
    return _within(sum(amounts))


def with_peak(peaks: Mapping[str, int], on: str, first: str, minor: int | None) -> dict[str, int]:
    """`peaks` by step (its first day, ISO text, ascending) from `first` on, with `minor` in step `on`.

    A peak that a later one reaches is left out: it would leave the window before, and never be the greatest again.
    """
    kept = {held: peak for held, peak in peaks.items() if held >= first}
    if minor is not None:
        kept[on] = max(minor, kept.get(on, minor))
    greatest: int | None = None
    left: list[tuple[str, int]] = []
    for step, peak in sorted(kept.items(), reverse=True):
        if greatest is None or peak > greatest:
            greatest = peak
            left.append((step, peak))
    return dict(reversed(left))


def _before(day: date, days: int) -> str:
    return (max(day, date.min + timedelta(days)) - timedelta(days)).isoformat()


def _within(minor: int) -> int:
    return max(-LARGEST, min(LARGEST, minor))

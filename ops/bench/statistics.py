"""Figures from samples: percentiles, rates, medians of rounds."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from statistics import median
from typing import NamedTuple

__all__ = ["Quantiles", "Sample", "middle", "percentile", "quantiles", "rate", "span"]


class Sample(NamedTuple):
    """How many records were done at an instant of a monotonic clock (seconds)."""

    at: float
    done: int


class Quantiles(NamedTuple):
    """Of one set of latencies, milliseconds."""

    n: int
    p50: float
    p99: float
    worst: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that at least `percent` of all are not above (nearest rank). Needs one value at least."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def quantiles(seconds: Sequence[float]) -> Quantiles | None:
    """Of latencies in seconds; None without any."""
    if not seconds:
        return None
    found = (percentile(seconds, percent) * 1000 for percent in (50, 99, 100))
    return Quantiles(len(seconds), *(round(value, 1) for value in found))


def span(samples: Sequence[Sample], warm: int = 0) -> tuple[Sample, Sample] | None:
    """The first advance that reaches `warm` records, and the last; None when there are not two.

    What was done at the first one is not counted, as nobody knows when it began.
    """
    advances = [after for before, after in pairwise(samples) if after.done > before.done and after.done >= warm]
    return (advances[0], advances[-1]) if len(advances) > 1 else None


def rate(samples: Sequence[Sample], warm: int = 0) -> float | None:
    """Records a second between these two."""
    found = span(samples, warm)
    if found is None or found[1].at <= found[0].at:
        return None
    first, last = found
    return (last.done - first.done) / (last.at - first.at)


def middle(values: Sequence[float | None]) -> float | None:
    """The median of those that are there."""
    present = [value for value in values if value is not None]
    return median(present) if present else None

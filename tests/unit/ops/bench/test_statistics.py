"""Percentiles, rates and medians."""

import pytest

from ops.bench.statistics import Sample, middle, percentile, quantiles, rate, span


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 50) == 50.0
    assert percentile(values, 99) == 99.0
    assert percentile(values, 100) == 100.0
    assert percentile([7.0], 1) == 7.0


def test_quantiles_are_milliseconds() -> None:
    found = quantiles([0.001, 0.002, 0.003])
    assert found is not None
    assert (found.n, found.p50, found.p99, found.worst) == (3, 2.0, 3.0, 3.0)
    assert quantiles([]) is None


def test_a_rate_begins_with_the_first_advance_and_ends_with_the_last() -> None:
    samples = [Sample(0.0, 0), Sample(5.0, 100), Sample(6.0, 200), Sample(7.0, 300), Sample(60.0, 300)]
    assert span(samples) == (samples[1], samples[3])
    assert rate(samples) == pytest.approx(100.0)


def test_a_single_advance_has_no_rate() -> None:
    assert rate([Sample(0.0, 0), Sample(1.0, 10)]) is None
    assert rate([Sample(0.0, 0)]) is None


def test_the_middle_leaves_out_what_is_missing() -> None:
    assert middle([None, 1.0, 3.0, 2.0]) == 2.0
    assert middle([None]) is None


def test_what_was_done_before_a_contender_is_warm_is_not_counted() -> None:
    samples = [Sample(0.0, 0), Sample(10.0, 100), Sample(11.0, 300), Sample(12.0, 600)]
    assert span(samples, warm=200) == (samples[2], samples[3])
    assert rate(samples, warm=200) == pytest.approx(300.0)

from math import inf

import orjson
import pytest

from ops.demo.figures import History, Standing, figures_of, worth_a_look
from ops.demo.metrics_reader import Scrape, parse, scrape

TEXT = """
# HELP c360_worker_events_total Records.
# TYPE c360_worker_events_total counter
c360_worker_events_total{topic="account-changes",outcome="folded"} 90.0
c360_worker_events_total{topic="account-changes",outcome="dead"} 2.0
c360_worker_events_total{topic="clock",outcome="folded"} 4.0
# TYPE c360_worker_transactions_total counter
c360_worker_transactions_total{outcome="committed"} 7.0
# TYPE c360_worker_lag_records gauge
c360_worker_lag_records{topic="account-changes",partition="0"} 3.0
c360_worker_lag_records{topic="account-changes",partition="1"} 5.0
# TYPE c360_projector_latency_seconds histogram
c360_projector_latency_seconds_bucket{le="0.01"} 50.0
c360_projector_latency_seconds_bucket{le="0.1"} 99.0
c360_projector_latency_seconds_bucket{le="+Inf"} 100.0
c360_projector_latency_seconds_count 100.0
c360_projector_latency_seconds_sum 3.0
"""


def folded(n: float) -> Scrape:
    return Scrape({"c360_worker_events_total": {(("outcome", "folded"),): n}})


def histories() -> dict[str, History]:
    return {"worker": History(), "projector": History()}


def test_samples_add_up_in_all_and_by_label() -> None:
    found = parse(TEXT.splitlines())
    assert found.total("c360_worker_events_total") == 96
    assert found.by("c360_worker_events_total", "outcome") == {"folded": 94, "dead": 2}
    assert found.total("nothing_of_this_name") == 0


@pytest.mark.parametrize(("q", "bound"), [(0.5, 0.01), (0.51, 0.1), (0.99, 0.1), (1.0, inf)])
def test_a_quantile_is_the_bound_of_its_bucket(q: float, bound: float) -> None:
    assert parse(TEXT.splitlines()).quantile("c360_projector_latency_seconds", q) == bound


def test_a_quantile_of_nothing_new_is_unknown() -> None:
    found = parse(TEXT.splitlines())
    assert found.quantile("c360_projector_latency_seconds", 0.5, since=found) is None


def test_a_process_that_does_not_answer_has_no_scrape() -> None:
    def refuse(_port: int) -> str:
        raise ConnectionRefusedError

    assert scrape(1, ask=refuse) is None


def test_figures_are_read_from_the_scrapes() -> None:
    found = parse(TEXT.splitlines())
    figures = figures_of(found, found, histories(), Standing(folded=120, views=12))
    assert (figures.set_aside, figures.lag) == (2, 8)
    assert figures.transactions == {"committed": 7}


def test_events_and_views_are_counted_by_what_stands_in_redis_not_by_a_process_that_may_be_new() -> None:
    figures = figures_of(folded(3), None, histories(), Standing(folded=120, views=12))
    assert (figures.folded, figures.views_in_redis) == (120, 12)


def test_figures_of_processes_that_are_away_are_unknown_not_zero() -> None:
    figures = figures_of(None, None, histories(), Standing())
    assert (figures.folded, figures.lag, figures.projector_lag, figures.clock) == (None, None, None, None)


def test_a_rate_is_taken_over_the_last_seconds() -> None:
    history = History()
    for at, n in ((0.0, 0.0), (10.0, 1_000.0), (12.0, 3_000.0)):
        history.add(at, folded(n))
    assert history.rate("c360_worker_events_total") == 1_000


def test_a_process_that_counts_anew_has_no_negative_rate() -> None:
    history = History()
    history.add(0.0, folded(500))
    history.add(1.0, folded(3))
    assert history.rate("c360_worker_events_total") == 0


def test_customers_worth_a_look_are_distinct_and_each_has_its_reason() -> None:
    def summary(alerts: int, complaints: int, balance: int, outstanding: int) -> bytes:
        amounts = {"balance_minor": {"CZK": balance}, "outstanding_minor": {"CZK": outstanding}}
        return orjson.dumps({"totals": {"alerts": alerts, "complaints": complaints, **amounts}})

    chosen = worth_a_look({"B1": summary(9, 9, 9, 9), "B2": summary(1, 2, 1, 1), "B3": summary(1, 1, 1, 5)})
    assert [(one.customer_id, one.why) for one in chosen] == [
        ("B1", "the most alerts"),
        ("B3", "the most in loans outstanding"),
        ("B2", "the most open complaints"),
    ]


def test_with_nobody_there_nobody_is_worth_a_look() -> None:
    assert worth_a_look({}) == []

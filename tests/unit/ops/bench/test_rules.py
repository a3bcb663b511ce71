import pytest

from ops.bench.engine import Shape
from ops.bench.rules import Cost, mean, measure, of_the_median_event


def test_every_kind_of_event_is_folded_by_all_engines() -> None:
    costs = measure(Shape(20), events=600, rounds=2)
    assert {"account.entry_booked", "account.entry_booked, large", "loan.repaid"} <= costs.keys()
    assert sum(cost.share for cost in costs.values()) == pytest.approx(1)
    assert all(cost.fold > 0 for cost in costs.values())


def test_the_mean_is_of_all_events_and_the_median_event_is_the_one_in_the_middle() -> None:
    costs = {
        "dear": Cost(share=0.1, fold=90.0, judging=10.0, raising=40.0, idle=1.0),
        "cheap": Cost(share=0.6, fold=20.0, judging=0.5, raising=0.0, idle=0.0),
        "free": Cost(share=0.3, fold=20.0, judging=0.0, raising=0.0, idle=0.0),
    }
    assert of_the_median_event(costs) == 0.5
    assert mean(costs, "rules") == pytest.approx(5.3)
    assert mean(costs, "judging") == pytest.approx(1.3)

"""The peer does the same job: it raises the alerts that c360 raises."""

from itertools import islice

from ops.bench.peer_views import View, fold
from ops.bench.workload import Workload
from streams.codec import Door


def test_the_peer_folds_every_event_of_the_job_and_raises_about_one_alert_in_a_hundred() -> None:
    door, views, alerts = Door(), dict[str, View](), 0
    for event in islice(Workload(200).events(), 10_000):
        view = views.setdefault(event.key, {})
        alerts += len(fold(view, door.parse(event.topic, event.key.encode(), event.value)))
    assert len(views) == 200
    assert 50 < alerts < 300


def test_entries_and_the_last_balance_are_kept() -> None:
    door, view = Door(), View()
    for event in islice(Workload(1).events(), 50):
        fold(view, door.parse(event.topic, event.key.encode(), event.value))
    assert sum(account["entries"] for account in view["accounts"].values()) > 30

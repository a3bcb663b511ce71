"""The Python peers do the same job: the outcome that is due, and bad records set aside."""

from itertools import islice

import pytest

from ops.bench.peers.banking import Malformed, View, fold, parse
from ops.bench.proof import customer_of_view
from ops.bench.truth import Facts, differences, facts_of
from ops.bench.workload import Workload


def test_the_peers_reach_the_outcome_that_is_due() -> None:
    events, views, found = list(islice(Workload(200).events(), 10_000)), dict[str, View](), Facts()
    for event in events:
        parsed = parse(event.key.encode(), event.value)
        alerts = fold(views.setdefault(event.key, {}), parsed)
        found.alerts.update((alert["kind"], alert["subject"]) for alert in alerts)
    found.customers.update((number, customer_of_view(view)) for number, view in views.items())
    assert differences(facts_of(events), found) == []
    assert 50 < found.alerts.total() < 300


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"C1", None),
        (b"C1", b"{"),
        (b"C1", b"[]"),
        (b"C1", b'{"type":"account.unheard_of"}'),
        (b"C1", b'{"type":"customer.amended","customer_id":"C1"}'),
    ],
)
def test_a_record_that_is_no_event_is_malformed(key: bytes, value: bytes | None) -> None:
    with pytest.raises(Malformed):
        parse(key, value)


def test_an_event_under_another_customers_key_is_malformed() -> None:
    event = next(Workload(1).events())
    with pytest.raises(Malformed, match="key"):
        parse(b"C9", event.value)

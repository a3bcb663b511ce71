"""A settled bank: views that the engine made, and events that it folds into them."""

from itertools import islice

import orjson

from ops.bench.settled import SettledBank
from streams.codec import Door


def test_a_view_has_all_that_a_customer_holds() -> None:
    view = SettledBank(10, accounts=3).view()
    assert {"profile", "summary", "loan:LC0000000"} < view.keys()
    assert sum(name.startswith("account:") for name in view) == 3
    assert orjson.loads(view["summary"])["totals"]["accounts"] == 3


def test_events_are_of_its_customers_and_accounts_and_always_the_same() -> None:
    bank, door = SettledBank(5), Door()
    events = list(islice(bank.events(), 500))
    assert events == list(islice(bank.events(), 500))
    assert {event.key for event in events} == {f"C{number:07d}" for number in range(5)}
    assert len({event.event_id for event in events}) == 500
    for event in events:
        door.parse(event.topic, event.key.encode(), event.value)

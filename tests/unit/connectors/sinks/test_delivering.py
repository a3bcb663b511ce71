"""What becomes of a parcel: delivered, tried again, held back or given up, each recorded."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import Unavailable
from connectors.sinks.contact_budget import Contact, Limits
from connectors.sinks.delivering import Deliverer, Patience, Stopped
from connectors.sinks.parcels import NotTaken, Parcel, Rejected, Standing
from connectors.sinks.routes import DeliveryFile
from schemas.deliveries import Delivery
from tests.support.alerts import a_standing

NOW = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)
CHANNELS = {
    "crm": {"kind": "webhook", "url": "https://crm.bank.example", "secret_env": "S", "people": False},
    "desk": {"kind": "email", "host": "mail", "port": 25, "sender": "a@bank.example", "pattern": "{to}@bank.example"},
}
TIGHT = {"notice": {"per_customer": 1}}


class Told:
    """A channel, the budget and the metrics of a test: what was sent, asked, waited for and counted."""

    name = "told"

    def __init__(self, *trouble: Exception) -> None:
        self.trouble = list(trouble)
        self.sent: list[Parcel] = []
        self.waits: list[float] = []
        self.outcomes: list[Delivery] = []
        self.asked: list[Contact] = []
        self.held_reasons: list[str] = []
        self.found: list[tuple[str, bool]] = []
        self.budget: Callable[[Contact], str | None] = lambda _contact: None
        self.is_stopping = False

    def send(self, parcel: Parcel, _now: datetime, /) -> None:
        self.sent.append(parcel)
        if self.trouble:
            raise self.trouble.pop(0)

    def close(self) -> None: ...

    def held_because(self, contact: Contact, _limits: Limits, _now: float, /) -> str | None:
        self.asked.append(contact)
        return self.budget(contact)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.is_stopping

    def look(self) -> None: ...

    def dependency(self, name: str, *, up: bool) -> None:
        self.found.append((name, up))

    def delivery(self, channel: str, outcome: str) -> None: ...
    def attempt(self, channel: str, seconds: float) -> None: ...
    def delivered_after(self, seconds: float) -> None: ...

    def held(self, reason: str) -> None:
        self.held_reasons.append(reason)

    def deliver(self, *standing: Standing, **file: Any) -> list[tuple[str, str]]:
        """Deliver all; (channel, outcome) of each in order of being recorded."""
        routes = {"channels": CHANNELS, "routes": [{"channels": ["desk"]}], "retry": {"attempts": 4}, **file}
        chosen = DeliveryFile.model_validate(routes)
        patience = Patience(chosen.retry.attempts, 0.5, 60.0, lambda: 1.0, self.wait)
        deliverer = Deliverer(
            chosen, {"crm": self, "desk": self}, self, patience, self.outcomes.append, self, lambda: NOW
        )
        try:
            for future in deliverer.begin(standing):
                future.result()
        finally:
            deliverer.close()
        return [(outcome.channel, outcome.outcome.value) for outcome in self.outcomes]


def test_what_the_receiver_takes_is_recorded_with_where_it_stands() -> None:
    told = Told()
    assert told.deliver(a_standing()) == [("desk", "delivered")]
    (outcome,) = told.outcomes
    assert (outcome.attempts, outcome.error, outcome.alerts[0].offset) == (1, None, 7)


def test_a_refusal_for_now_is_tried_again_after_twice_the_wait_each_time() -> None:
    told = Told(NotTaken("503"), NotTaken("503"), NotTaken("503"))
    assert told.deliver(a_standing()) == [("desk", "delivered")]
    assert told.waits == [0.5, 1.0, 2.0]
    assert len({parcel.key for parcel in told.sent}) == 1


def test_a_receiver_that_asks_for_patience_gets_it_up_to_the_longest_wait() -> None:
    told = Told(NotTaken("429", 7.0), NotTaken("429", 3_600.0))
    told.deliver(a_standing())
    assert told.waits == [7.0, 60.0]


def test_after_the_last_attempt_and_after_a_final_refusal_it_is_given_up_with_the_reason() -> None:
    told = Told(*(NotTaken("answered 500") for _ in range(4)))
    assert told.deliver(a_standing()) == [("desk", "failed")]
    assert (told.outcomes[0].attempts, told.outcomes[0].error) == (4, "answered 500")
    final = Told(Rejected("answered 404"))
    assert final.deliver(a_standing()) == [("desk", "failed")]
    assert (final.outcomes[0].attempts, final.waits) == (1, [])


def test_a_process_that_ends_while_it_waits_settles_nothing() -> None:
    told = Told(NotTaken("503"))
    told.is_stopping = True
    try:
        told.deliver(a_standing())
    except Stopped:
        assert told.outcomes == []
    else:
        raise AssertionError("it went on")


def test_one_customers_parcels_keep_their_order() -> None:
    told = Told(NotTaken("503"))
    told.deliver(*(a_standing(str(number), cause=number) for number in range(5)))
    causes = [parcel.first.proof.causes[0].offset for parcel in told.sent]
    assert causes == [0, 0, 1, 2, 3, 4]


def test_what_the_budget_keeps_back_from_people_still_goes_to_systems() -> None:
    told = Told()
    told.budget = lambda _contact: "customer_budget"
    both = [{"channels": ["desk", "crm"]}]
    assert sorted(told.deliver(a_standing(), routes=both, budget=TIGHT)) == [("crm", "delivered"), ("desk", "held")]
    assert told.held_reasons == ["customer_budget"]
    assert next(outcome.error for outcome in told.outcomes if outcome.channel == "desk") == "customer_budget"


@pytest.mark.parametrize("kind", ["complaint_reminder", "acknowledgement_overdue", "resolution_overdue"])
def test_a_regulatory_kind_and_a_severity_without_limits_never_ask_the_budget(kind: str) -> None:
    told = Told()
    told.budget = lambda _contact: "customer_budget"
    regulatory = a_standing("complaint", cause=1, kind=kind)
    urgent = a_standing("urgent", cause=2, severity="urgent")
    assert told.deliver(regulatory, urgent, budget=TIGHT) == [("desk", "delivered")] * 2
    assert told.asked == []


def test_siblings_are_one_contact_whatever_way_they_are_parcelled() -> None:
    told = Told()
    told.deliver(a_standing("one", cause=5), a_standing("two", cause=5), budget=TIGHT)
    told.deliver(a_standing("two", cause=5), budget=TIGHT)
    assert len({contact.id for contact in told.asked}) == 1
    assert len(told.asked) == 2


def test_without_the_budgets_redis_alerts_go_out_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    def gone(_contact: Contact) -> str | None:
        raise Unavailable("redis", "connection refused")

    told = Told()
    told.budget = gone
    delivered = told.deliver(*(a_standing(str(number), cause=number) for number in range(3)), budget=TIGHT)
    assert delivered == [("desk", "delivered")] * 3
    assert [line.getMessage() for line in caplog.records] == [
        "The contact budget can't be asked (redis is not available: connection refused): alerts go out without it"
    ]
    assert told.found == [("redis", False)] * 3


def test_people_are_not_told_of_what_is_days_old_but_systems_are() -> None:
    told = Told()
    old = a_standing(timestamp_ms=int(NOW.timestamp() * 1000) - 73 * 3_600_000)
    both = [{"channels": ["desk", "crm"]}]
    assert sorted(told.deliver(old, routes=both)) == [("crm", "delivered"), ("desk", "held")]
    assert told.held_reasons == ["stale"]


def test_routes_choose_by_kind_severity_addressee_and_change() -> None:
    routes = [
        {"channels": ["desk"], "kinds": ["maturity"]},
        {"channels": ["desk"], "severities": ["urgent"], "to": ["M*"]},
        {"channels": ["crm"], "changes": ["addressed"]},
    ]
    told = Told()
    told.deliver(a_standing("nobody"), routes=routes)
    assert told.outcomes == []
    told.deliver(a_standing("urgent", severity="urgent", change="addressed"), routes=routes)
    assert sorted(outcome.channel for outcome in told.outcomes) == ["crm", "desk"]

"""The client that shows only what may be seen, and writes down each look before it shows anything."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from connectors.errors import Unavailable
from connectors.serving.access.door import Door
from connectors.serving.access.person import Person
from connectors.serving.access.roles import default_roles
from connectors.serving.answers import Hit, Match, View
from connectors.serving.permitted import NotPermitted, PermittedViews
from connectors.serving.views import Views
from schemas.audit import LookupAudit
from tests.support.api import a_customer

CUSTOMERS = {"C1": a_customer("C1"), "C2": a_customer("C2", host_manager="M2")}


class SomeViews(Views):
    """Views out of a dict."""

    def __init__(self, customers: Mapping[str, Mapping[str, bytes]]) -> None:
        self.customers = {number: View(number, sections, "1:1") for number, sections in customers.items()}

    def by_number(self, customer_id: str) -> View | None:
        return self.customers.get(customer_id)

    def find(self, text: str) -> list[Match]:  # noqa: ARG002  everybody has the number looked for
        return [Match(view, ("customer_number",)) for view in self.customers.values()]

    def search(self, prefix: str, limit: int = 20) -> list[Hit]:  # noqa: ARG002  everybody has the name looked for
        return [Hit(view.party, "customer") for view in self.customers.values()][:limit]


def views_of(role: str, trail: list[LookupAudit]) -> PermittedViews:
    door = Door(Person("someone", role, manager="M1"), default_roles()[role])
    return PermittedViews(SomeViews(CUSTOMERS), door, trail.append, lambda: datetime(2026, 11, 23, tzinfo=UTC))


def test_what_may_be_seen_is_shown_masked_and_written_down() -> None:
    trail: list[LookupAudit] = []
    view = views_of("call_centre", trail).by_number("C1", "he calls")
    assert view is not None
    assert view.party.name == "Customer C1"
    assert view.section("account:A1") == {"account_id": "A1", "balance_minor": None, "currency": "CZK"}
    (look,) = trail
    assert (look.customers, look.outcome, look.fields) == (["C1"], "shown", ["accounts", "profile", "summary"])
    assert look.reason == "he calls"


def test_anothers_customer_is_as_one_there_is_not_but_for_the_trail() -> None:
    trail: list[LookupAudit] = []
    views = views_of("manager", trail)
    assert views.by_number("C2") is views.by_number("C9") is None
    assert [match.view.customer_id for match in views.find("whatever")] == ["C1"]
    assert [hit.party.customer_id for hit in views.search("cust")] == ["C1"]
    assert [(look.outcome, look.customers) for look in trail] == [
        ("forbidden", ["C2"]),
        ("unknown", ["C9"]),
        ("shown", ["C1"]),
        ("shown", ["C1"]),
    ]


@pytest.mark.parametrize(("role", "said"), [("operations", "may not look"), ("auditor", "has to say why")])
def test_who_may_not_look_or_does_not_say_why_sees_nothing(role: str, said: str) -> None:
    trail: list[LookupAudit] = []
    with pytest.raises(NotPermitted, match=said):
        views_of(role, trail).by_number("C1")
    assert not trail


def test_nothing_is_shown_that_was_not_written_down() -> None:
    def refuse(_record: LookupAudit) -> None:
        raise Unavailable("kafka", "no broker")

    door = Door(Person("someone", "call_centre"), default_roles()["call_centre"])
    with pytest.raises(Unavailable):
        PermittedViews(SomeViews(CUSTOMERS), door, refuse).by_number("C1")

"""Lists, rankings and actions: of whom, for whom, and what becomes of them."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from schemas.actions import AlertDismissed, AlertSnoozed
from tests.support.alerts import an_alert
from tests.support.api import COMPLAINT, AnApi, a_customer, an_api

ALERT = an_alert(customer_id="C1")
ALERT_ID = ALERT["alert_id"]
LISTS = ("portfolio", "alerts", "maturities", "birthdays", "untouched", "complaints")


@pytest.fixture
def api() -> AnApi:
    mine = {**a_customer("C1"), f"alert:{ALERT_ID}": json.dumps(ALERT).encode()}
    return an_api({"C1": mine, "C2": a_customer("C2", host_manager="M2", home_branch="B2")})


def asked(api: AnApi, path: str, person: str = "marek", **more: Any) -> Any:
    return asyncio.run(api.ask(path, person, **more))


@pytest.mark.parametrize("name", LISTS)
def test_a_manager_sees_his_own_lists_with_his_customers_only(api: AnApi, name: str) -> None:
    for whose in ("me", "M1"):
        answer = asked(api, f"/v1/managers/{whose}/{name}")
        assert answer.status_code == 200, answer.text
        assert [item["customer"]["customer_id"] for item in answer.json()["items"]] == ["C1"]
        assert api.audit.records[-1].customers == ["C1"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("person", ["marek", "helena", "klara", "petra", "otto", "anna"])
def test_anothers_lists_are_refused_alike_whether_he_exists_or_not(api: AnApi, person: str, name: str) -> None:
    anothers, nobodys = (asked(api, f"/v1/managers/{who}/{name}", person) for who in ("M2", "M999"))
    assert anothers.status_code == nobodys.status_code == 403
    assert anothers.content == nobodys.content
    assert not api.audit.records


@pytest.mark.parametrize("name", ["portfolio", "alerts", "maturities", "complaints"])
def test_the_head_of_a_branch_sees_its_lists_and_no_others(api: AnApi, name: str) -> None:
    for whose in ("me", "B1"):
        items = asked(api, f"/v1/branches/{whose}/{name}", "helena").json()["items"]
        assert [item["customer"]["customer_id"] for item in items] == ["C1"]
    assert asked(api, f"/v1/branches/B2/{name}", "helena").status_code == 403


def test_a_complaint_in_a_list_says_until_when_it_is_in_time(api: AnApi) -> None:
    (item,) = asked(api, "/v1/managers/me/complaints").json()["items"]
    assert (item["complaint"]["complaint_id"], item["limits"]) == ("K1", {"acknowledgement": "2026-11-21"})


def test_the_view_of_who_complains_says_until_when_he_is_answered_in_time(api: AnApi) -> None:
    api.views.customers["C1"] = {**api.views.customers["C1"], "complaint:K1": json.dumps(dict(COMPLAINT)).encode()}
    assert asked(api, "/v1/customers/C1").json()["limits"] == {"K1": {"acknowledgement": "2026-11-27"}}
    assert asked(api, "/v1/customers/C1?fields=accounts").json()["limits"] == {}


@pytest.mark.parametrize("by", ["value", "product&product=loan"])
def test_marketing_gets_the_figures_of_a_ranking_and_nobodys_name(api: AnApi, by: str) -> None:
    answer = asked(api, f"/v1/top?by={by}", "petra")
    assert [item.keys() & {"customer", "section", "name"} for item in answer.json()["items"]] == [set(), set()]
    assert "C1" not in answer.text
    assert api.audit.records[-1].customers == []


def test_a_ranking_shows_a_manager_those_who_are_his(api: AnApi) -> None:
    (item,) = asked(api, "/v1/top").json()["items"]
    assert (item["customer"]["customer_id"], item["balance_minor"]) == ("C1", 100_000)


@pytest.mark.parametrize("list_", ["managers/me/alerts", "managers/me/maturities", "managers/me/complaints", "top"])
def test_what_leads_to_no_page_of_a_list_is_refused_in_words(api: AnApi, list_: str) -> None:
    for after in ("x", "²", "9" * 30, "1.2.3"):
        answer = asked(api, f"/v1/{list_}?after={after}")
        assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "query.after"), after


@pytest.mark.parametrize(
    "path",
    [
        "/v1/top?by=product",
        "/v1/top?currency=XXX",
        "/v1/top?by=shoe_size",
        "/v1/managers/me/maturities?from=2026-12-01&to=2026-11-01",
        "/v1/managers/me/maturities?from=9999-12-31",
        "/v1/managers/me/portfolio?limit=0",
    ],
)
def test_what_is_asked_wrongly_is_answered_with_where_and_what(api: AnApi, path: str) -> None:
    answer = asked(api, path)
    assert answer.status_code == 422
    assert all(error["where"] and error["expected"] for error in answer.json()["errors"])


def act(api: AnApi, person: str = "marek", alert_id: str = ALERT_ID, **said: Any) -> Any:
    return asked(api, f"/v1/alerts/{alert_id}/actions", person, method="POST", body={"customer_id": "C1", **said})


def test_an_action_becomes_an_event_by_whoever_took_it(api: AnApi) -> None:
    answer = act(api, action="dismiss", reason="Renewed already")
    assert answer.status_code == 202, answer.text
    (event,) = api.actions
    assert isinstance(event, AlertDismissed)
    assert (event.alert_id, event.actor, event.reason) == (UUID(ALERT_ID), "M1", "Renewed already")
    assert (event.customer_id, event.source, answer.json()["event_id"]) == ("C1", "c360-api", event.event_id)
    assert (api.audit.records[-1].look, api.audit.records[-1].customers) == ("act", ["C1"])


def test_a_snooze_says_until_when(api: AnApi) -> None:
    assert act(api, action="snooze", until="2026-11-24T08:00:00Z").status_code == 202
    (event,) = api.actions
    assert isinstance(event, AlertSnoozed)


@pytest.mark.parametrize(
    ("person", "said", "status"),
    [
        ("marek", {"action": "dismiss"}, 422),
        ("marek", {"action": "snooze"}, 422),
        ("marek", {"action": "snooze", "until": "2026-11-24T08:00:00"}, 422),
        ("marek", {"action": "fly"}, 422),
        ("marek", {"action": "resolve", "customer_id": "C2"}, 404),
        ("marek", {"action": "resolve", "customer_id": "C999"}, 404),
        ("marek", {"action": "resolve", "alert_id": "00000000-0000-5000-8000-000000000000"}, 404),
        ("helena", {"action": "resolve"}, 202),
        ("klara", {"action": "resolve"}, 403),
        ("anna", {"action": "resolve"}, 403),
    ],
)
def test_an_action_is_taken_from_those_who_may_and_when_it_is_whole(
    api: AnApi, person: str, said: dict[str, Any], status: int
) -> None:
    assert act(api, person, **said).status_code == status
    assert len(api.actions) == (status == 202)


def test_a_closed_alert_is_not_acted_on(api: AnApi) -> None:
    life = {"seq": 1, "by": "M1", "at": "2026-11-23T10:00:00Z", "reason": None, "until": None, "escalated": 0}
    closed = {**ALERT, "state": "resolved", "life": life}
    api.views.customers["C1"] = {**a_customer("C1"), f"alert:{ALERT_ID}": json.dumps(closed).encode()}
    answer = act(api, action="acknowledge")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:c360:problem:alert-closed")


def test_operations_is_for_operators(api: AnApi) -> None:
    assert asked(api, "/v1/operations", "otto").json()["projector"]["state"] == "running"
    assert asked(api, "/v1/operations", "marek").status_code == 403

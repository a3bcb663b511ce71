"""What the API answers about customers: to whom, how much, and with what trace."""

import asyncio
from typing import Any

import pytest

from connectors.errors import Unavailable
from tests.support.api import KEY, AnApi, a_customer, an_api

OTHERS = {"host_manager": "M2", "home_branch": "B2"}


@pytest.fixture
def api() -> AnApi:
    return an_api({"C1": a_customer("C1"), "C2": a_customer("C2", **OTHERS)})


def asked(api: AnApi, path: str, person: str | None = "klara", **more: Any) -> Any:
    return asyncio.run(api.ask(path, person, **more))


def test_a_view_comes_whole_masked_and_dated(api: AnApi) -> None:
    answer = asked(api, "/v1/customers/C1")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["customer"]["customer_id"], told["customer"]["phone"]) == ("C1", "***3456")
    assert told["customer"]["accounts"]["A1"]["balance_minor"] is None
    assert told["masked"] == ["address", "balances", "document_number", "email", "phone"]
    assert told["freshness"] == {
        "as_of": "2026-11-23T10:00:00Z",
        "lag": 0,
        "stale": False,
        "reason": None,
        "causes": [],
    }


def test_only_the_parts_asked_for_come(api: AnApi) -> None:
    told = asked(api, "/v1/customers/C1?fields=accounts,summary", "marek").json()["customer"]
    assert told.keys() == {"customer_id", "accounts", "totals", "due_on", "as_of"}
    (look,) = api.audit.records
    assert look.fields == ["accounts", "summary"]


def test_a_part_that_no_view_has_is_refused_with_those_there_are(api: AnApi) -> None:
    answer = asked(api, "/v1/customers/C1?fields=accounts,shoes")
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "query.fields")
    assert "accounts" in answer.json()["what_to_do"]
    assert "shoes" not in answer.text


@pytest.mark.parametrize(
    "path", ["/v1/customers/{}", "/v1/customers/{}/timeline", "/v1/find?q={}", "/v1/stream?customer={}"]
)
def test_anothers_customer_is_answered_as_one_there_is_not(api: AnApi, path: str) -> None:
    anothers, nobodys = (asked(api, path.format(number), "marek") for number in ("C2", "C999"))
    assert (anothers.status_code, anothers.content) == (nobodys.status_code, nobodys.content)
    assert anothers.status_code == 404
    assert [look.outcome for look in api.audit.records] == ["forbidden", "unknown"]


def test_a_role_without_customers_learns_nothing_of_any(api: AnApi) -> None:
    answers = [
        asked(api, f"/v1/customers/{number}", person) for number in ("C1", "C999") for person in ("otto", "petra")
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert not api.audit.records


def test_every_look_is_written_with_who_what_and_why(api: AnApi) -> None:
    asked(api, "/v1/customers/C1", "anna", X_Reason="Complaint%20%E6%9D%8E")
    asked(api, "/v1/customers/C1", None, X_API_Key=KEY)
    by_anna, by_machine = api.audit.records
    assert (by_anna.person, by_anna.role, by_anna.reason) == ("anna", "auditor", "Complaint 李")
    assert (by_anna.look, by_anna.outcome, by_anna.customers) == ("view", "shown", ["C1"])
    assert "balances" not in by_anna.masked
    assert (by_machine.person, by_machine.reason) == ("machine:crm", None)


def test_an_auditor_has_to_say_why(api: AnApi) -> None:
    answer = asked(api, "/v1/customers/C1", "anna")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:c360:problem:reason-required")


def test_nothing_is_shown_while_the_trail_cannot_be_written(api: AnApi) -> None:
    api.audit.trouble = Unavailable("kafka", "no broker")
    answer = asked(api, "/v1/customers/C1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"] == "urn:c360:problem:audit-unavailable"
    assert "Customer C1" not in answer.text


def test_a_bank_may_prefer_answers_to_the_trail() -> None:
    api = an_api({"C1": a_customer("C1")}, answers_unaudited=True)
    api.audit.trouble = Unavailable("kafka", "no broker")
    assert asked(api, "/v1/customers/C1").status_code == 200


def test_what_is_known_already_is_not_sent_again_but_written_down(api: AnApi) -> None:
    tag = asked(api, "/v1/customers/C1").headers["ETag"]
    again = asked(api, "/v1/customers/C1", If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert api.audit.records[-1].outcome == "unchanged"
    api.views.customers["C1"] = a_customer("C1", name="Another")
    assert asked(api, "/v1/customers/C1", If_None_Match=tag).status_code == 200


def test_whoever_is_shown_more_has_another_etag(api: AnApi) -> None:
    assert asked(api, "/v1/customers/C1").headers["ETag"] != asked(api, "/v1/customers/C1", "marek").headers["ETag"]


def test_redis_down_is_said_with_when_to_ask_again(api: AnApi) -> None:
    api.views.trouble = Unavailable("redis", "Connection refused")
    answer = asked(api, "/v1/customers/C1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert asked(api, "/readyz", None).status_code == 503
    assert asked(api, "/healthz", None).status_code == 200


def test_a_search_shows_those_who_may_be_seen(api: AnApi) -> None:
    found = asked(api, "/v1/search?prefix=cust", "marek").json()["items"]
    assert [party["customer_id"] for party in found] == ["C1"]
    assert api.audit.records[-1].customers == ["C1"]


def test_an_identifier_is_found_from_the_body_too(api: AnApi) -> None:
    told = asked(api, "/v1/find", "klara", method="POST", body={"q": "C1"}).json()
    assert [(match["customer_id"], match["why"]) for match in told["matches"]] == [("C1", ["customer_number"])]


def test_a_number_of_the_wrong_form_is_not_repeated(api: AnApi) -> None:
    answer = asked(api, "/v1/customers/%3Cscript%3E")
    assert answer.status_code == 422
    assert "script" not in answer.text


def test_a_script_in_a_complaint_is_data(api: AnApi) -> None:
    sections = a_customer("C3")
    sections["complaint:K1"] = b'{"complaint_id": "K1", "content": "<script>alert(1)</script>"}'
    api.views.customers["C3"] = sections
    answer = asked(api, "/v1/customers/C3", "marek")
    assert answer.json()["customer"]["complaints"]["K1"]["content"] == "<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("person", ["klara", "marek", "helena", "petra", "otto", "anna", None])
@pytest.mark.parametrize("number", ["C1", "C2", "C999"])
@pytest.mark.parametrize("query", ["", "fields=profile,summary", "fields=shoes"])
def test_the_direct_way_answers_and_writes_what_the_route_does(
    api: AnApi, person: str | None, number: str, query: str
) -> None:
    """A parameter that nobody foresaw leads past the direct way."""
    direct, by_route = (asked(api, f"/v1/customers/{number}?{query}{more}", person) for more in ("", "&more="))
    assert (direct.status_code, direct.content) == (by_route.status_code, by_route.content)
    own = {"x-request-id"}
    assert {name: value for name, value in direct.headers.items() if name not in own} == {
        name: value for name, value in by_route.headers.items() if name not in own
    }
    looks = [look.model_dump(exclude={"audit_id", "request_id"}) for look in api.audit.records]
    assert looks[: len(looks) // 2] == looks[len(looks) // 2 :]
    assert api.metrics.requests[0] == api.metrics.requests[1]


@pytest.mark.parametrize("known", ["*", "the tag"])
def test_the_direct_way_knows_what_is_known(api: AnApi, known: str) -> None:
    tag = asked(api, "/v1/customers/C1").headers["ETag"]
    answer = asked(api, "/v1/customers/C1", If_None_Match=tag if known == "the tag" else known)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)

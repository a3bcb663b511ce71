"""Who is let in, how often, and what every answer has about it."""

import asyncio
import base64
import hashlib
import secrets
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from connectors.serving.api.middleware import AroundRequests
from connectors.serving.api.rates import Rates
from connectors.serving.tokens.dev_issuer import CLIENT_ID, DevIssuer, default_people, dev_issuer_routes
from tests.support.api import KEY, PEOPLE, AnApi, a_customer, an_api, wall_clock


@pytest.fixture
def api() -> AnApi:
    return an_api({"C1": a_customer("C1")})


def test_i_am_told_who_i_am_and_what_i_may(api: AnApi) -> None:
    told = asyncio.run(api.ask("/v1/me", "marek")).json()
    assert (told["subject"], told["role"], told["manager"], told["rows"]) == ("marek", "manager", "M1", "own")
    assert (told["may"], told["today"]) == (["act", "customers", "lists", "top"], "2026-11-23")


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "token-missing"),
        ({"Authorization": "Basic abc"}, "token-invalid"),
        ({"Authorization": "Bearer nonsense"}, "token-invalid"),
        ({"X-API-Key": "c360-guessed"}, "token-invalid"),
    ],
)
def test_whoever_is_not_known_is_told_what_to_do(api: AnApi, headers: dict[str, str], kind: str) -> None:
    answer = asyncio.run(api.ask("/v1/customers/C1", None, **headers))
    assert (answer.status_code, answer.json()["type"]) == (401, f"urn:c360:problem:{kind}")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["what_to_do"]
    assert not api.audit.records


def test_an_expired_token_is_told_from_a_forged_one(api: AnApi) -> None:
    expired = api.issuer.token(PEOPLE["klara"], lifetime_s=-60)
    answer = asyncio.run(api.ask("/v1/me", None, Authorization=f"Bearer {expired}"))
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:c360:problem:token-expired")


def test_a_role_that_is_not_known_is_let_in_nowhere(api: AnApi) -> None:
    token = api.issuer.token(PEOPLE["klara"].model_copy(update={"role": "pirate"}))
    answer = asyncio.run(api.ask("/v1/me", None, Authorization=f"Bearer {token}"))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:c360:problem:unknown-role")


@pytest.mark.parametrize(("path", "status"), [("/v1/nothing", 404), ("/nothing", 404), ("/v1/me?x=%00", 200)])
def test_whatever_is_asked_the_answer_says_its_request_and_is_never_sniffed(api: AnApi, path: str, status: int) -> None:
    answer = asyncio.run(api.ask(path))
    assert answer.status_code == status
    assert len(answer.headers["X-Request-Id"]) == 16
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if status == 404:
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_metrics_know_a_request_by_the_template_of_its_path_and_never_by_a_number(api: AnApi) -> None:
    for path in ("/v1/customers/C1", "/v1/customers/%20", "/v1/C1/nothing"):
        asyncio.run(api.ask(path))
    assert api.metrics.requests == [
        ("/v1/customers/{customer_id}", 200),
        ("/v1/customers/{customer_id}", 422),
        ("other", 404),
    ]


def test_a_method_that_is_not_there_is_a_problem_too(api: AnApi) -> None:
    answer = asyncio.run(api.ask("/v1/me", method="POST", body={}))
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:c360:problem:method-not-allowed")


def test_a_body_without_end_is_refused(api: AnApi) -> None:
    answer = asyncio.run(api.ask("/v1/find", method="POST", body={"q": "x" * 70_000}))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:c360:problem:too-large")


def test_under_more_load_than_it_takes_on_it_still_tells_operators_how_it_is(api: AnApi) -> None:
    full = replace(api, app=AroundRequests(api.app, api.metrics, most_at_once=0))
    answer = asyncio.run(full.ask("/v1/me"))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:c360:problem:overloaded")
    # There is no /metrics in this process: being told so is an answer too.
    told = {path: asyncio.run(full.ask(path, None)).status_code for path in ("/healthz", "/readyz", "/metrics")}
    assert told == {"/healthz": 200, "/readyz": 200, "/metrics": 404}


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    api = an_api({"C1": a_customer("C1")}, per_second=1)

    async def three() -> list[httpx.Response]:
        return [await api.ask("/v1/me", "marek") for _ in range(3)]

    answers = asyncio.run(three())
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "2"
    assert asyncio.run(api.ask("/v1/me", None, X_API_Key=KEY)).status_code == 200, "others are not held up"


def test_tokens_of_a_bucket_come_back_with_time() -> None:
    now = [0.0]
    rates = Rates(2, lambda: now[0])
    assert [rates.wait_for("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    now[0] = 0.5
    assert (rates.wait_for("a"), rates.wait_for("a")) == (0, 0.5)
    assert rates.wait_for("b", 1) == 0


def test_a_fault_tells_its_request_and_nothing_else(api: AnApi) -> None:
    api.views.customers["C1"] = {"profile": b"{}", "summary": b"no json"}
    answer = asyncio.run(api.ask("/v1/customers/C1"))
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:c360:problem:fault")
    assert answer.headers["X-Request-Id"] in answer.json()["detail"]
    assert "Traceback" not in answer.text


def test_the_document_has_an_example_or_a_schema_of_every_answer(api: AnApi) -> None:
    document = asyncio.run(api.ask("/v1/openapi.json", None)).json()
    assert document["security"] == [{"token": []}, {"key": []}]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            assert good["content"], (path, method)
            assert "application/problem+json" in operation["responses"]["401"]["content"], (path, method)


def test_the_development_issuer_signs_in_whom_one_chooses() -> None:
    issuer = DevIssuer("http://127.0.0.1:1/dev-issuer", default_people(), wall_clock)
    app = FastAPI()
    app.include_router(dev_issuer_routes(issuer))
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = "http://127.0.0.1:1/console/"
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": back,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "state": "s1",
    }

    async def story() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:1") as client:
            page = await client.get(f"/dev-issuer/authorize?{urlencode(query)}")
            assert "Who are you?" in page.text
            chosen = await client.get(f"/dev-issuer/authorize?{urlencode({**query, 'person': 'marek'})}")
            came_back = urlsplit(chosen.headers["Location"])
            told = parse_qs(came_back.query)
            assert (f"{came_back.scheme}://{came_back.netloc}{came_back.path}", told["state"]) == (back, ["s1"])
            form = {
                "grant_type": "authorization_code",
                "code": told["code"][0],
                "client_id": CLIENT_ID,
                "redirect_uri": back,
                "code_verifier": verifier,
            }
            tokens = await client.post("/dev-issuer/token", data=form)
            assert tokens.json()["token_type"] == "Bearer"
            again = await client.post("/dev-issuer/token", data=form)
            assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
            form = {"grant_type": "refresh_token", "client_id": CLIENT_ID}
            form["refresh_token"] = tokens.json()["refresh_token"]
            renewed = await client.post("/dev-issuer/token", data=form)
            form["refresh_token"] = renewed.json()["refresh_token"]
            assert (await client.post("/dev-issuer/revoke", data={"token": form["refresh_token"]})).status_code == 200
            assert (await client.post("/dev-issuer/token", data=form)).json() == {"error": "invalid_grant"}
            elsewhere = urlencode({**query, "redirect_uri": "https://evil.example/"})
            assert (await client.get(f"/dev-issuer/authorize?{elsewhere}")).status_code == 400

    asyncio.run(story())

"""A stream ends in words when it has to; what it sends in between is in tests/integration/test_api.py."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.api import PEOPLE, AnApi, a_customer, an_api


@pytest.fixture
def api() -> AnApi:
    return an_api({"C1": a_customer("C1"), "C2": a_customer("C2", host_manager="M2")})


def followed(api: AnApi, query: str, person: str, happens: Callable[[], object]) -> httpx.Response:
    """The whole stream of somebody, to whom something happens once he follows; it must end by that."""

    async def story() -> httpx.Response:
        headers = {"Authorization": f"Bearer {api.issuer.token(PEOPLE[person])}"}
        async with api.client() as client:
            asking = asyncio.create_task(client.get(f"/v1/stream?{query}", headers=headers))
            async with asyncio.timeout(60):
                while not api.changes.followers and not asking.done():  # noqa: ASYNC110  the app offers no event
                    await asyncio.sleep(0)  # lets the request go on
                happens()
                return await asking

    return asyncio.run(story())


def events_in(answer: httpx.Response) -> list[tuple[str, Any]]:
    told = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in lines:
            told.append((lines["event"], json.loads(lines["data"])))
    return told


def test_a_customer_who_went_to_another_manager_is_followed_no_more(api: AnApi) -> None:
    moved = a_customer("C1", host_manager="M2", name="Nobody's business")["profile"]
    answer = followed(api, "customer=C1", "marek", lambda: api.changes.publish([("C1", {"profile": moved})]))
    assert [name for name, _ in events_in(answer)] == ["freshness", "end"]
    assert events_in(answer)[-1][1] == {"reason": "gone"}
    assert "Nobody's business" not in answer.text
    assert api.changes.followers == 0


def test_a_managers_stream_names_what_changed_without_its_content(api: AnApi) -> None:
    def happens() -> None:
        api.changes.publish([("C1", {"account:A1": b'{"balance_minor": 7}'}), ("C2", {"account:A1": b"{}"})])
        api.changes.close()

    told = events_in(followed(api, "manager=me", "marek", happens))
    # Ending goes before what waits: the server stops.
    assert told[0][0] == "freshness"
    assert told[-1] == ("end", {"reason": "closing"})
    assert all(data["customer_id"] == "C1" for name, data in told if name == "view")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("customer=C1&manager=me", 422),
        ("manager=me&branch=me", 422),
        ("manager=M2", 403),
        ("branch=B1", 403),
        ("branch=me", 403),
        ("customer=C2", 404),
        ("customer=%0a", 422),
    ],
)
def test_a_stream_that_may_not_be_is_refused_as_any_other_answer(api: AnApi, query: str, status: int) -> None:
    answer = followed(api, query, "marek", lambda: None)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_a_stream_ends_when_the_issuer_takes_back_the_key_of_its_token(api: AnApi) -> None:
    def happens() -> None:
        api.keys.are_good = False
        api.clock.ahead_s = 300
        api.changes.wake()

    told = events_in(followed(api, "customer=C1", "marek", happens))
    assert told[-1] == ("end", {"reason": "expired"})


def test_one_person_follows_only_so_much_at_once(api: AnApi) -> None:
    for _ in range(8):
        api.changes.follow(["C1"], "marek")
    answer = asyncio.run(api.ask("/v1/stream?customer=C1", "marek"))
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:c360:problem:too-many-streams")


def test_a_branch_head_follows_his_branch_and_no_other(api: AnApi) -> None:
    for query in ("branch=B2", "manager=M1", "manager=me"):
        assert followed(api, query, "helena", lambda: None).status_code == 403, query
    answer = followed(api, "branch=me", "helena", api.changes.close)
    assert [name for name, _ in events_in(answer)] == ["freshness", "end"]
    assert [(look.look, look.asked_by, look.person) for look in api.audit.records] == [("follow", "branch", "helena")]

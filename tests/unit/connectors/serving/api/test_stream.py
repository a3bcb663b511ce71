"""A stream ends in words when it has to; what it sends in between is in tests/integration/test_api.py."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from connectors.errors import Unavailable
from connectors.redis_keys import manager
from connectors.serving.api.followed import Followed
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


def begun(api: AnApi, query: str, *happens: Callable[[], Awaitable[object] | object]) -> httpx.Response:
    """The whole stream of Marek, to whom these happen one after the other once it has begun; the last one ends it."""

    async def story() -> httpx.Response:
        headers = {"Authorization": f"Bearer {api.issuer.token(PEOPLE['marek'])}"}
        async with api.client() as client:
            asking = asyncio.create_task(client.get(f"/v1/stream?{query}", headers=headers))
            async with asyncio.timeout(60):
                while not api.audit.records:  # noqa: ASYNC110  the app offers no event
                    await asyncio.sleep(0)  # lets the request go on
                for happened in happens:
                    for _ in range(20):
                        await asyncio.sleep(0)  # lets the stream go on
                    made = happened()
                    if isinstance(made, Awaitable):
                        await made
                return await asking

    return asyncio.run(story())


def events_in(answer: httpx.Response) -> list[tuple[str, Any]]:
    told = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in lines:
            told.append((lines["event"], json.loads(lines["data"])))
    return told


def test_a_stream_begins_with_its_place_and_tells_a_new_one_in_silence(api: AnApi) -> None:
    def silence() -> None:
        api.changes.publish([("C2", {"account:A1": b"{}"})])
        api.clock.ahead_s = 15
        api.changes.wake()

    began, told, end, _ = begun(api, "customer=C1", silence, api.changes.close).text.split("\n\n")
    run, _, number = began.partition("id: ")[2].partition("\n")[0].partition("-")
    assert "event: freshness" in began
    assert told.startswith(f"id: {run}-{int(number) + 1}\nevent: freshness\n")
    assert end.startswith(f"id: {run}-{int(number) + 1}\nevent: end\n")


def test_who_begins_to_follow_is_told_what_changed_a_moment_ago(api: AnApi) -> None:
    # What goes on while nobody follows.
    api.changes.publish([("C1", {"account:A1": b'{"balance_minor": 7}'})])
    told = events_in(begun(api, "customer=C1", api.changes.close))
    assert [name for name, _ in told] == ["freshness", "view", "end"]


def test_who_has_to_look_again_gets_no_place_before_he_is_told_so(api: AnApi) -> None:
    api.changes.look_again()
    began, reset, *_ = begun(api, "customer=C1", api.changes.close).text.split("\n\n")
    assert "id:" not in began
    assert reset.startswith("id: ")
    assert "event: reset" in reset


def test_a_customer_who_went_to_another_manager_is_followed_no_more(api: AnApi) -> None:
    moved = a_customer("C1", host_manager="M2", name="Nobody's business")["profile"]
    answer = followed(api, "customer=C1", "marek", lambda: api.changes.publish([("C1", {"profile": moved})]))
    assert [name for name, _ in events_in(answer)] == ["freshness", "end"]
    assert events_in(answer)[-1][1] == {"reason": "gone"}
    assert "id:" not in answer.text.partition("event: end")[0].rpartition("\n\n")[2], "nobody comes back after it"
    assert "Nobody's business" not in answer.text
    assert api.changes.followers == 0


@pytest.mark.parametrize("chunk", [1, 2])
def test_what_turns_stale_while_a_chunk_is_sent_is_told_with_the_next(api: AnApi, chunk: int) -> None:
    sent: list[str] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("body", b"").decode())
        if len(sent) == 2:
            api.changes.publish([("C1", {"account:A1": b"{}"})])
        if len(sent) == 1 + chunk:
            api.views.trouble = Unavailable("redis", "no answer")
            await api.freshness.look()
            api.changes.wake()
        if '"stale":true' in sent[-1]:
            api.changes.close()

    async def stays() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def story() -> None:
        headers = [(b"authorization", f"Bearer {api.issuer.token(PEOPLE['marek'])}".encode())]
        path = {"type": "http", "method": "GET", "path": "/v1/stream", "query_string": b"customer=C1"}
        await api.freshness.look()
        # The next round is in 15 s.
        async with asyncio.timeout(10):
            await api.app({**path, "headers": headers}, stays, send)

    asyncio.run(story())
    assert "event: end" in "".join(sent)


def test_freshness_is_told_when_it_is_stale_for_another_cause_and_every_15_s(api: AnApi) -> None:
    def turns(lag: int, workers_behind: int) -> Callable[[], Awaitable[None]]:
        async def look() -> None:
            api.views.lag, api.views.workers_behind = lag, workers_behind
            await api.freshness.look()
            api.changes.wake()

        return look

    def time_goes_on() -> None:
        api.clock.ahead_s += 15
        api.changes.publish([("C1", {"account:A1": b"{}"})])

    told = events_in(begun(api, "customer=C1", turns(3, 4), turns(0, 4), time_goes_on, api.changes.close))
    assert [name for name, _ in told] == ["freshness", "freshness", "freshness", "view", "freshness", "end"]
    causes = [data["causes"] for name, data in told if name == "freshness"]
    assert causes == [[], ["projector_behind", "workers_behind"], ["workers_behind"], ["workers_behind"]]


def test_a_customer_who_came_from_another_manager_a_moment_ago_is_followed(api: AnApi) -> None:
    before = a_customer("C1", host_manager="M2", name="Nobody's business")["profile"]
    api.changes.publish([("C1", {"profile": before}), ("C1", {"account:A1": b"{}"})])
    api.changes.publish([("C1", {"profile": a_customer("C1")["profile"]})])
    told = begun(api, "customer=C1", api.changes.close)
    assert [name for name, _ in events_in(told)] == ["freshness", "reset", "view", "end"]
    assert "Nobody's business" not in told.text


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


def test_a_customer_who_goes_while_the_portfolio_is_read_is_not_in_the_stream(api: AnApi) -> None:
    moved = a_customer("C1", host_manager="M9")["profile"]
    api.views.while_read = lambda: api.changes.publish(
        [("C1", {"profile": moved}), ("C1", {"account:A1": b"{}"}), ("C2", {"account:A1": b"{}"})]
    )

    async def story() -> list[str]:
        following = api.changes.follow([], "marek", manager("M1"))
        await Followed(api.parts, following, manager("M1")).read(None)
        return [change.customer_id for change in following.waiting]

    assert asyncio.run(story()) == ["C2"]


@pytest.mark.parametrize("occasion", ["a minute is over", "what is shown is fresh again", "all views are others"])
def test_a_portfolio_is_read_again_on_occasion(api: AnApi, occasion: str) -> None:
    async def story() -> None:
        following = api.changes.follow([], "marek", manager("M1"))
        followed = Followed(api.parts, following, manager("M1"))
        await followed.read(None)
        assert following.customers == {"C1", "C2"}
        del api.views.customers["C1"]
        api.clock.ahead_s = 59
        await followed.read_again(caught_up=False)
        assert (following.customers, following.missed) == ({"C1", "C2"}, False), "it is not time yet"
        api.clock.ahead_s += occasion == "a minute is over"
        if occasion == "all views are others":
            api.changes.look_again()
        await followed.read_again(caught_up=occasion == "what is shown is fresh again")
        assert (following.customers, following.missed) == ({"C2"}, True)

    asyncio.run(story())


def test_a_stream_that_reads_its_portfolio_again_and_finds_another_says_look_again(api: AnApi) -> None:
    readings: list[None] = []
    api.views.while_read = lambda: readings.append(None)

    async def story() -> httpx.Response:
        headers = {"Authorization": f"Bearer {api.issuer.token(PEOPLE['marek'])}"}
        async with api.client() as client:
            asking = asyncio.create_task(client.get("/v1/stream?manager=me", headers=headers))
            async with asyncio.timeout(60):
                while not api.audit.records:  # noqa: ASYNC110  the app offers no event
                    await asyncio.sleep(0)  # lets the request go on
                del api.views.customers["C1"]
                api.clock.ahead_s = 60
                while len(readings) < 2:
                    api.changes.wake()
                    await asyncio.sleep(0)  # lets the stream go on
                api.changes.close()
                return await asking

    names = [name for name, _ in events_in(asyncio.run(story()))]
    assert names == ["freshness", "reset", "end"]


def test_a_portfolio_that_can_not_be_read_again_stays_and_is_tried_again_after_a_while(api: AnApi) -> None:
    async def story() -> None:
        following = api.changes.follow([], "marek", manager("M1"))
        followed = Followed(api.parts, following, manager("M1"))
        await followed.read(None)
        del api.views.customers["C1"]
        api.views.trouble = Unavailable("redis", "no answer")
        api.changes.look_again()
        await followed.read_again(caught_up=False)
        api.views.trouble = None
        await followed.read_again(caught_up=False)
        assert following.customers == {"C1", "C2"}, "not at each change: Redis has trouble enough"
        api.clock.ahead_s = 15
        await followed.read_again(caught_up=False)
        assert following.customers == {"C2"}

    asyncio.run(story())


def test_a_manager_whose_portfolio_can_not_be_read_follows_nothing(api: AnApi) -> None:
    async def story() -> httpx.Response:
        headers = {"Authorization": f"Bearer {api.issuer.token(PEOPLE['marek'])}"}
        async with api.client() as client:
            api.views.trouble = Unavailable("redis", "no answer")
            return await client.get("/v1/stream?manager=me", headers=headers)

    assert asyncio.run(story()).status_code == 503
    assert (api.changes.followers, api.changes.followed_by("marek")) == (0, 0)


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


def test_who_comes_when_as_many_follow_as_can_be_served_is_told_when_to_come_back(api: AnApi) -> None:
    for number in range(api.parts.most_streams):
        api.changes.follow(["C1"], f"person {number}")
    answer = asyncio.run(api.ask("/v1/stream?customer=C1", "marek"))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:c360:problem:too-many-streams")
    assert answer.headers["Retry-After"] == "30"
    assert api.changes.followers == api.parts.most_streams
    # And goes on to be answered otherwise.
    assert asyncio.run(api.ask("/v1/customers/C1", "marek")).status_code == 200


def test_a_branch_head_follows_his_branch_and_no_other(api: AnApi) -> None:
    for query in ("branch=B2", "manager=M1", "manager=me"):
        assert followed(api, query, "helena", lambda: None).status_code == 403, query
    answer = followed(api, "branch=me", "helena", api.changes.close)
    assert [name for name, _ in events_in(answer)] == ["freshness", "end"]
    assert [(look.look, look.asked_by, look.person) for look in api.audit.records] == [("follow", "branch", "helena")]

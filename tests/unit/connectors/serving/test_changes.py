"""Who follows hears of what concerns him, and knows when he has missed something."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from connectors.redis_keys import branch, manager
from connectors.serving.changes import Changes, Following
from connectors.serving.kept_changes import Change

SECTION = {"account:1": b"{}"}


def told(following: Following) -> list[Change]:
    waiting = list(following.waiting)
    following.waiting.clear()
    return waiting


def a_profile(host: str, *co_hosts: str, of: str | None = None) -> Mapping[str, bytes]:
    return {"profile": json.dumps({"host_manager": host, "co_hosts": co_hosts, "home_branch": of}).encode()}


@pytest.fixture
def changes() -> Changes:
    return Changes(kept=10, monotonic=lambda: 0.0)


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def timed(clock: list[float]) -> Changes:
    """Changes by that clock."""
    return Changes(kept=10, monotonic=lambda: clock[0])


def test_a_follower_hears_of_his_customer_and_of_no_other(changes: Changes) -> None:
    following = changes.follow(["C1"], "klara")
    changes.publish([("C1", SECTION), ("C2", SECTION)])
    assert [change.customer_id for change in told(following)] == ["C1"]
    changes.leave(following)
    changes.publish([("C1", SECTION)])
    assert not told(following)
    assert (changes.followers, changes.followed_by("klara")) == (0, 0)


def test_a_managers_customers_come_and_go_with_their_profiles(changes: Changes) -> None:
    following = changes.follow(["C1"], "marek", manager("M1"))
    changes.publish([("C2", a_profile("M2")), ("C2", a_profile("M2", "M1")), ("C2", SECTION)])
    assert [change.customer_id for change in told(following)] == ["C2", "C2"]
    changes.publish([("C1", a_profile("M9")), ("C1", SECTION)])
    assert not told(following)


def test_a_branchs_customers_come_and_go_with_their_profiles_whoever_hosts_them(changes: Changes) -> None:
    following = changes.follow(["C1"], "helena", branch("B1"))
    changes.publish([("C2", a_profile("M2", of="B2")), ("C2", a_profile("M2", of="B1")), ("C2", SECTION)])
    assert [change.customer_id for change in told(following)] == ["C2", "C2"]
    changes.publish([("C1", a_profile("M1", of="B2")), ("C1", SECTION), ("C2", a_profile("B1")), ("C2", SECTION)])
    assert not told(following)
    changes.leave(following)
    changes.publish([("C3", a_profile("M1", of="B1"))])
    assert not told(following)


def test_who_goes_while_the_portfolio_is_read_does_not_come_back_by_it(changes: Changes) -> None:
    following = changes.follow([], "marek", manager("M1"))
    began = changes.place(following)
    changes.publish([("C1", a_profile("M9")), ("C2", SECTION), ("C1", SECTION), ("C3", a_profile("M1"))])
    changes.has_read(following, ["C1", "C2"])
    changes.resume(following, began)
    assert following.customers == {"C2", "C3"}
    assert [change.customer_id for change in told(following)] == ["C2", "C3"]
    changes.publish([("C1", SECTION), ("C2", SECTION), ("C3", SECTION)])
    assert [change.customer_id for change in told(following)] == ["C2", "C3"]


def test_who_went_stays_away_until_a_reading_has_shown_it_and_comes_back_by_a_later_one(changes: Changes) -> None:
    following = changes.follow([], "marek", manager("M1"))
    changes.has_read(following, ["C1", "C2"])
    changes.publish([("C1", a_profile("M9"))])
    assert not changes.has_read(following, ["C1", "C2"]), "Redis is behind"
    assert following.customers == {"C2"}
    assert not changes.has_read(following, ["C2"])
    assert changes.has_read(following, ["C1"])
    assert following.customers == {"C1"}
    changes.publish([("C1", SECTION), ("C2", SECTION)])
    assert [change.customer_id for change in told(following)] == ["C1"]
    changes.leave(following)
    changes.leave(following)
    assert (changes.followers, changes.followed_by("marek")) == (0, 0)


def test_when_all_views_are_others_a_portfolio_has_to_be_read_again(changes: Changes) -> None:
    of_manager, of_customer = changes.follow([], "marek", manager("M1")), changes.follow(["C1"], "klara")
    assert changes.has_to_read(of_manager)
    changes.has_read(of_manager, ["C1"])
    assert not changes.has_to_read(of_manager)
    changes.look_again()
    assert changes.has_to_read(of_manager)
    assert not changes.has_to_read(of_customer)


def test_whoever_comes_back_is_told_what_he_missed(changes: Changes) -> None:
    following = changes.follow(["C1"], "klara")
    changes.publish([("C1", SECTION)])
    (seen,) = told(following)
    changes.leave(following)
    changes.publish([("C1", {"account:2": b"{}"}), ("C2", SECTION), ("C1", {"account:3": b"{}"})])
    back = changes.follow(["C1"], "klara", after=changes.id_of(seen))
    assert [list(change.sections) for change in told(back)] == [["account:2"], ["account:3"]]
    assert not back.missed


@pytest.mark.parametrize("after", ["", "nonsense", "other-1", "-", "1"])
def test_an_id_of_another_process_or_of_none_says_look_again(changes: Changes, after: str) -> None:
    assert changes.follow(["C1"], "klara", after=after).missed


def test_whoever_comes_back_too_late_is_told_to_look_again(changes: Changes) -> None:
    following = changes.follow(["C1"], "klara")
    changes.publish([("C1", SECTION)])
    (seen,) = told(following)
    changes.publish([("C1", SECTION)] + [("C2", SECTION)] * 10)
    assert changes.follow(["C1"], "klara", after=changes.id_of(seen)).missed


def test_whoever_comes_back_late_has_missed_nothing_when_only_others_changed(changes: Changes) -> None:
    following = changes.follow(["C1"], "klara")
    changes.publish([("C1", SECTION)])
    (seen,) = told(following)
    changes.publish([("C2", SECTION)] * 100 + [("C1", {"account:2": b"{}"})])
    back = changes.follow(["C1"], "klara", after=changes.id_of(seen))
    assert [list(change.sections) for change in told(back)] == [["account:2"]]
    assert not back.missed


def test_a_reader_that_is_too_slow_loses_his_queue_and_knows_it(changes: Changes) -> None:
    slow, quick = changes.follow(["C1"], "slow"), changes.follow(["C1"], "quick")
    for _ in range(1_100):
        changes.publish([("C1", SECTION)])
        told(quick)
    assert slow.missed
    assert len(slow.waiting) < 1_000
    assert not quick.missed


def test_when_all_views_are_others_whoever_follows_or_comes_back_is_told_to_look_again(changes: Changes) -> None:
    following = changes.follow(["C1"], "klara")
    changes.publish([("C1", SECTION)])
    (seen,) = told(following)
    changes.publish([("C1", SECTION)])
    changes.look_again()
    assert following.missed
    assert not following.waiting
    assert changes.follow(["C1"], "karel", after=changes.id_of(seen)).missed


def test_whoever_comes_is_told_what_changed_lately_since_what_he_looked_up_may_lack_it(
    timed: Changes, clock: list[float]
) -> None:
    timed.publish([("C1", {"account:old": b"{}"})])
    clock[0] += 8
    timed.publish([("C1", {"account:1": b"{}"}), ("C2", SECTION)])
    clock[0] += 10
    timed.publish([("C1", {"account:2": b"{}"})])
    following = timed.follow(["C1"], "klara")
    assert [list(change.sections) for change in told(following)] == [["account:1"], ["account:2"]]
    assert not following.missed
    clock[0] += 13
    assert not told(timed.follow(["C1"], "karel"))


def test_whoever_comes_when_not_all_that_changed_lately_is_kept_is_told_to_look_again(
    timed: Changes, clock: list[float]
) -> None:
    timed.publish([("C1", {"account:1": b"{}"})])
    clock[0] += 10
    timed.publish([("C2", SECTION)] * 8 + [("C1", {"account:2": b"{}"})])
    assert not timed.follow(["C1"], "before one is lost").missed
    timed.publish([("C2", SECTION)])
    following = timed.follow(["C1"], "klara")
    assert following.missed
    assert [list(change.sections) for change in told(following)] == [["account:2"]], "what is kept is told all the same"
    clock[0] += 3
    assert not timed.follow(["C1"], "what is lost was not lately").missed


def test_whoever_comes_soon_after_all_views_became_others_is_told_to_look_again(
    timed: Changes, clock: list[float]
) -> None:
    timed.publish([("C1", SECTION)])
    timed.look_again()
    assert timed.follow(["C1"], "klara").missed
    clock[0] += 13
    assert not timed.follow(["C1"], "karel").missed


def test_a_follower_comes_back_to_the_place_where_he_began_though_he_was_told_nothing(
    timed: Changes, clock: list[float]
) -> None:
    timed.publish([("C1", {"account:1": b"{}"})])
    clock[0] += 60
    following = timed.follow(["C1"], "klara")
    assert not told(following)
    place = timed.place(following)
    timed.leave(following)
    timed.publish([("C2", SECTION), ("C1", {"account:2": b"{}"})])
    clock[0] += 60
    back = timed.follow(["C1"], "klara", after=place)
    before = timed.place(back)
    assert [list(change.sections) for change in told(back)] == [["account:2"]]
    assert not back.missed
    assert timed.place(back) == timed.id_of(timed.follow(["C1"], "klara", after=before).waiting[0])


def test_who_missed_something_comes_back_to_a_place_that_is_kept(timed: Changes, clock: list[float]) -> None:
    timed.publish([("C1", SECTION)] * 20)
    clock[0] += 1
    following = timed.follow(["C1"], "klara", after="other-7")
    assert following.missed
    assert len(told(following)) == 10
    assert not timed.follow(["C1"], "klara", after=timed.place(following)).missed


def test_however_many_follow_all_are_woken() -> None:
    async def woken() -> int:
        changes = Changes()
        everybody = [changes.follow([], f"person {number}") for number in range(60)]
        waiting = [asyncio.create_task(one.come(within_s=3_600)) for one in everybody]
        # All wait from then on.
        await asyncio.sleep(0)
        changes.wake()
        done, _ = await asyncio.wait(waiting, timeout=60)
        return len(done)

    assert asyncio.run(woken()) == 60


def test_the_end_of_the_server_ends_every_following(changes: Changes) -> None:
    following = changes.follow(["C1"], "klara")
    changes.close()
    assert following.ended == "closing"

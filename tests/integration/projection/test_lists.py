"""Every lookup there is, asked through both clients of a Redis that holds a small bank."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.errors import WrongForm
from connectors.redis_keys import branch, manager
from connectors.serving import views, views_async
from connectors.serving.views import Views
from connectors.serving.views_async import AsyncViews
from connectors.sinks.holding import Change
from connectors.sinks.redis_store import RedisStore
from ops.launcher.facts import redis_binary, valkey_binary
from ops.launcher.programs import redis_server
from tests.support.projection import IDENTIFIERS

M1, P1 = manager("M1"), branch("P1")


def _profile(name: str, host: str = "M1", **more: Any) -> dict[str, Any]:
    return {"name": name, "host_manager": host, "co_hosts": [], "home_branch": "P1", "phone": None, **more}


def _account(balance: int, maturity_on: str | None = None) -> dict[str, Any]:
    named = {"product": "deposit", "currency": "CZK", "status": "open"}
    return {**named, "balance_minor": balance, "maturity_on": maturity_on}


def _summary(balance: int, complaints: int = 0) -> dict[str, Any]:
    return {"totals": {"balance_minor": {"CZK": balance}, "complaints": complaints}, "as_of": "2026-11-25T10:00:00Z"}


def _alert(to: str, raised_at: str, state: str = "raised") -> dict[str, Any]:
    return {"state": state, "to": to, "raised_at": raised_at, "kind": "large_balance"}


def _complaint(number: str, status: str, received_on: str) -> dict[str, Any]:
    order = {"received_on": 1, "status": 1 if status == "open" else 2}
    return {"complaint_id": number, "status": status, "received_on": received_on, "order": order}


BANK: dict[str, dict[str, Any]] = {
    "B1": {
        "profile": _profile("Jana Nováková", phone="+420 603 123 456", document_number="AB-12", born_on="1980-12-30"),
        "account:A1": _account(500, "2026-12-01"),
        "account:A2": _account(100),
        "interactions": {"last_contact_at": "2026-10-01T08:00:00Z"},
        "timeline": {"events": [{"at": "2026-01-01T00:00:00Z", "type": "account.opened"}]},
        "alert:x": _alert("M1", "2026-11-20T10:00:00Z"),
        "complaint:K1": _complaint("K1", "open", "2026-11-20"),
        "complaint:K2": _complaint("K2", "resolved", "2026-11-20"),
        "alert:y": _alert("desk", "2026-11-21T10:00:00Z"),
        "alert:z": _alert("M1", "2026-11-22T10:00:00Z", state="resolved"),
        "summary": _summary(600, complaints=1),
    },
    "B2": {
        "profile": _profile("Novák a syn", "M2", co_hosts=["M1"], organisation_code="B1", phone="603123456"),
        "loan:L1": {
            "status": "open",
            "currency": "CZK",
            "outstanding_minor": 700,
            "drawdowns": {
                "d1": {"maturity_on": "2026-12-02", "status": "open", "amount_minor": 900, "repaid_minor": 200},
                "d2": {"maturity_on": "2026-12-01", "status": "settled", "amount_minor": 900, "repaid_minor": 900},
            },
        },
        "complaint:K3": _complaint("K3", "in_progress", "2026-11-19"),
        "complaint:K5": _complaint("K5", "in_progress", "2026-11-01"),
        "summary": _summary(2_000, complaints=2),
    },
    "B3": {
        "profile": _profile("王小明", "M2", home_branch="P2", born_on="1992-02-29"),
        "complaint:K4": _complaint("K4", "open", "2026-11-10"),
        "summary": _summary(5, complaints=1),
    },
    "B4": {"summary": _summary(9_999)},
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis that holds it."""
    folder: Path = tmp_path_factory.mktemp("bank")
    binary = redis_binary() or valkey_binary()
    assert binary is not None
    server = redis_server(binary, folder, folder)
    server.start()
    store = RedisStore(server.address, IDENTIFIERS)
    store.begin("topic", [0], 1.0)
    sections = {number: {name: orjson.dumps(value) for name, value in view.items()} for number, view in BANK.items()}
    store.apply([Change(number, 0, 1, 1, 0.0, {**view}) for number, view in sections.items()])
    store.close()
    yield server.address
    server.stop()


class Both:
    """Asks both clients the same and gives their one answer."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, method: str, *arguments: Any, **named: Any) -> Any:
        one = getattr(Views(views.connect(self._url), IDENTIFIERS), method)(*arguments, **named)
        assert asyncio.run(self._other(method, arguments, named)) == one
        return one

    async def _other(self, method: str, arguments: Any, named: Any) -> Any:
        client = views_async.connect(self._url)
        try:
            return await getattr(AsyncViews(client, IDENTIFIERS), method)(*arguments, **named)
        finally:
            await client.aclose()


@pytest.fixture
def ask(bank: str) -> Both:
    """Both clients of it."""
    return Both(bank)


def _who(items: Any) -> list[str]:
    return [item.party.customer_id for item in items]


def test_a_customer_is_found_by_whatever_number_he_has_in_whatever_form(ask: Both) -> None:
    assert ask("by_number", "B1").party.name == "Jana Nováková"
    assert ask("by_number", "B9") is None
    for method, text in (
        ("by_account", " A1"),
        ("by_document", "ab 12"),
        ("by_phone", "00420603123456"),
    ):
        assert "B1" in [view.customer_id for view in ask(method, text)], method
    assert [view.customer_id for view in ask("by_loan", "L1")] == ["B2"]
    assert ask("by_account", "L1") == []


def test_an_ambiguous_text_gives_all_whom_it_may_mean_and_why(ask: Both) -> None:
    assert [(match.view.customer_id, match.why) for match in ask("find", "603 123 456")] == [
        ("B1", ("phone",)),
        ("B2", ("phone",)),
    ]
    assert [match.why for match in ask("find", "B1")] == [("customer_number",)]
    assert ask("find", "nobody") == []


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("by_number", "B1/../2"),
        ("by_phone", "12"),
        ("by_phone", "Jana"),
        ("find", ""),
        ("find", "{?}"),
        ("search", "-"),
    ],
)
def test_what_can_not_be_such_an_identifier_is_refused_in_words(ask: Both, method: str, text: str) -> None:
    with pytest.raises(WrongForm, match=r"number|name"):
        ask(method, text)


def test_names_are_found_by_how_any_of_their_words_begins(ask: Both) -> None:
    assert _who(ask("search", "NOVAK")) == ["B2", "B1"]
    assert _who(ask("search", "nováko")) == ["B1"]
    assert _who(ask("search", "小")) == ["B3"]
    assert _who(ask("search", "n", limit=1)) == ["B2"]
    assert ask("search", "zz") == []


def test_a_manager_has_the_customers_whose_host_or_co_host_he_is(ask: Both) -> None:
    assert _who(ask("portfolio", M1).items) == ["B1", "B2"]
    first = ask("portfolio", P1, limit=1)
    assert (_who(first.items), first.next) == (["B1"], "B1")
    second = ask("portfolio", P1, after=first.next, limit=1)
    assert (_who(second.items), second.next) == (["B2"], None)
    assert second.items[0].totals["balance_minor"] == {"CZK": 2_000}


def test_open_alerts_are_listed_by_addressee_and_by_branch_newest_first(ask: Both) -> None:
    (alert,) = ask("alerts_to", "M1").items
    assert (alert.party.customer_id, alert.alert["raised_at"]) == ("B1", "2026-11-20T10:00:00Z")
    assert orjson.loads(alert.json) == alert.alert
    assert [each.alert["to"] for each in ask("alerts_of_branch", "P1").items] == ["desk", "M1"]
    assert ask("alerts_of_branch", "P2").items == ()


def test_open_complaints_come_with_whose_they_are_what_is_owed_first_at_the_head(ask: Both) -> None:
    for who, found in ((M1, ["K5", "K3", "K1"]), (P1, ["K5", "K3", "K1"]), (manager("M2"), ["K5", "K4", "K3"])):
        page = ask("complaints", who)
        assert ([item.complaint["complaint_id"] for item in page.items], page.next) == (found, None)
    (first, *_) = ask("complaints", M1).items
    assert (first.party.customer_id, first.profile["name"]) == ("B2", "Novák a syn")
    assert ask("complaints", branch("P9")).items == ()


def _in_days(profile: dict[str, Any], complaint: dict[str, Any]) -> str:
    """A bank that takes complaints up in five days and answers them in thirty."""
    days = 5 if complaint["complaint_id"] == "K1" else 30
    return (date.fromisoformat(complaint["received_on"]) + timedelta(days)).isoformat()


def test_complaints_are_ordered_by_the_days_of_whoever_knows_the_rules_over_pages(ask: Both) -> None:
    found, after = [], None
    for _ in range(3):
        page = ask("complaints", M1, after, 1, _in_days)
        found += [item.complaint["complaint_id"] for item in page.items]
        after = page.next
    assert (found, after) == (["K1", "K5", "K3"], None)
    with pytest.raises(ValueError, match="is not the `next`"):
        ask("complaints", M1, "B1")


def test_maturities_come_in_order_of_days_with_what_is_at_stake(ask: Both) -> None:
    found = ask("maturities", M1, date(2026, 11, 1), date(2026, 12, 31)).items
    assert [(each.subject, each.on, each.amount_minor) for each in found] == [
        ("account:A1", date(2026, 12, 1), 500),
        ("loan:L1/drawdown:d1", date(2026, 12, 2), 700),
    ]
    assert ask("maturities", P1, date(2026, 12, 2), date(2026, 12, 2)).items == found[1:]


def test_birthdays_are_found_over_new_year_and_a_leap_day_is_kept_in_other_years(ask: Both) -> None:
    assert _who(ask("birthdays", M1, date(2026, 12, 28), date(2027, 1, 3))) == ["B1"]
    assert _who(ask("birthdays", manager("M2"), date(2027, 3, 1), date(2027, 3, 1))) == ["B3"]
    assert ask("birthdays", manager("M2"), date(2028, 3, 1), date(2028, 3, 1)) == []


def test_customers_nobody_spoke_to_for_long_are_listed_the_longest_alone_first(ask: Both) -> None:
    assert _who(ask("untouched", M1, date(2026, 11, 1))) == ["B2", "B1"]
    (never,) = ask("untouched", M1, date(2026, 10, 1))
    assert (never.party.customer_id, never.last_contact_at) == ("B2", None)
    assert ask("untouched", M1, date(2026, 11, 1))[1].last_contact_at == datetime(2026, 10, 1, 8, tzinfo=UTC)


def test_the_greatest_are_ranked_by_balance_and_by_product_in_one_currency(ask: Both) -> None:
    assert [(each.party.customer_id, each.balance_minor) for each in ask("top_by_value", "CZK").items] == [
        ("B4", 9_999),
        ("B2", 2_000),
        ("B1", 600),
        ("B3", 5),
    ]
    page = ask("top_by_value", "CZK", "P1", limit=1)
    assert (_who(page.items), page.next) == (["B2"], "1")
    assert [each.section for each in ask("top_by_product", "deposit", "CZK").items] == ["account:A1", "account:A2"]
    assert [each.amount_minor for each in ask("top_by_product", "loan", "CZK", "P1").items] == [700]
    assert ask("top_by_value", "EUR").items == ()


def test_a_timeline_is_a_part_of_the_view(ask: Both) -> None:
    assert [event["type"] for event in ask("timeline", "B1")] == ["account.opened"]
    assert ask("timeline", "B2") == ()
    assert ask("timeline", "B9") is None


def test_a_page_has_bounds(ask: Both) -> None:
    with pytest.raises(ValueError, match="1 to 500 items"):
        ask("portfolio", M1, limit=501)
    with pytest.raises(ValueError, match="is not the `next`"):
        ask("top_by_value", "CZK", after="x")

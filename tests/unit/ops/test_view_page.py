"""The page of a view."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import orjson
from rich.console import Console

from connectors.serving.assembly import assemble
from connectors.serving.freshness import Freshness
from ops.view_page import view_page
from streams.codec import encode_section
from tests.support.builders import (
    a_bill,
    a_contact,
    a_customer,
    a_freeze,
    a_guarantee,
    a_guarantee_call,
    a_pledge,
    an_amendment,
)
from tests.support.driver import Driver

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FRESH = Freshness(heard_at=NOW.timestamp(), state="running", lag=0, workers_behind=0)


def _view(**stated: Any) -> dict[str, Any]:
    return {
        "customer_id": "B00000001",
        "name": None,
        "host_manager": None,
        "co_hosts": [],
        "signatories": [],
        "accounts": {},
        "loans": {},
        "guarantees": {},
        "acceptances": {},
        "collateral": {},
        "complaints": {},
        "alerts": {},
        "interactions": None,
        "holdings": {"products": {}},
        "timeline": {"events": []},
        "as_of": "2026-01-01T23:59:00Z",
    } | stated


def _shown(view: dict[str, Any], freshness: Freshness = FRESH) -> str:
    page = StringIO()
    Console(width=160, markup=False, highlight=False, file=page).print(view_page(view, freshness, NOW))
    return page.getvalue()


def _account(**stated: Any) -> dict[str, Any]:
    return {
        "product": "current_account",
        "status": "open",
        "currency": "CZK",
        "balance_minor": 123_456,
        "entries": 3,
        "opened_on": "2020-01-01",
        "maturity_on": None,
        "frozen_minor": 0,
    } | stated


def _loan(**stated: Any) -> dict[str, Any]:
    drawdown = {
        "amount_minor": 1_000,
        "repaid_minor": 400,
        "arrears_minor": 0,
        "status": "open",
        "maturity_on": "2027-01-01",
    }
    return {
        "status": "open",
        "currency": "CZK",
        "contract_minor": 2_000,
        "outstanding_minor": 600,
        "arrears_minor": 0,
        "maturity_on": "2027-01-01",
        "drawdowns": {"D1": drawdown},
    } | stated


def test_a_view_that_began_with_any_event_is_shown_without_its_profile() -> None:
    shown = _shown(_view(accounts={"A1": _account()}))
    assert "Name not known yet" in shown
    assert "Host manager not known yet" in shown
    assert "1,234.56 CZK" in shown
    assert "Attention" not in shown


def test_what_needs_attention_stands_above_the_rest() -> None:
    complaint = {"status": "open", "received_on": "2025-12-01", "product": "Card", "issue": "[red]Fee[/red]"}
    shown = _shown(
        _view(
            accounts={"A1": _account(status="frozen", frozen_minor=500)},
            loans={"L1": _loan(status="in_arrears", arrears_minor=250)},
            complaints={"K1": complaint, "K2": complaint | {"status": "resolved"}},
        )
    )
    attention = shown[: shown.index("Accounts")]
    assert "1 open complaint, the oldest of 2025-12-01" in attention
    assert "loan L1 is in arrears: 2.50 CZK" in attention
    assert "account A1 is frozen: 5.00 CZK" in attention
    assert "[red]Fee[/red]" in shown


def test_a_loan_shows_its_drawdowns_with_what_is_outstanding() -> None:
    shown = _shown(_view(loans={"L1": _loan()}))
    (line,) = [line for line in shown.splitlines() if "drawdown D1" in line]
    assert "10.00 CZK" in line
    assert "6.00 CZK" in line


def test_the_foot_says_how_old_the_view_is_and_why_it_may_be_older() -> None:
    assert "Last changed 60 s ago (2026-01-01T23:59:00Z). Up to date." in _shown(_view())
    behind = Freshness(heard_at=NOW.timestamp(), state="running", lag=7, workers_behind=None)
    assert "MAY BE OLD: 7 changes not shown yet: the projector is behind." in _shown(_view(), behind)


def test_contracts_of_every_kind_contacts_and_holdings_are_shown() -> None:
    driver = Driver()
    driver.pipe(
        a_guarantee(),
        a_guarantee_call(called_minor=12_345),
        a_bill(),
        a_pledge(description="House"),
        a_contact(note="Asked for a meeting"),
        a_customer(tier="key"),
    )
    sections = {name: encode_section(section) for name, section in driver.view().items()}
    page = _shown(orjson.loads(assemble("C1", sections)))
    for said in ("guarantee G1 is called: 123.45 CZK", "City of Olomouc", "bill B1", "2020-09-02", "House", "tier key"):
        assert said in page
    assert "Holds acceptance, guarantee" in page
    assert "guarantee called: called 123.45" in page
    assert "Asked for a meeting" in page


def test_the_timeline_says_what_happened_newest_first_and_nothing_of_a_person() -> None:
    driver = Driver()
    driver.pipe(a_freeze(), a_customer(), an_amendment(address="Side 2", phone="5", occurred_at="2020-03-03T08:00:00Z"))
    sections = {name: encode_section(section) for name, section in driver.view().items()}
    page = _shown(orjson.loads(assemble("C1", sections)))
    timeline = page[page.index("Timeline (latest 3 of 3)") :]
    assert timeline.index("customer amended: fields phone, address") < timeline.index("account frozen: freeze F1")
    assert "Side 2" not in timeline

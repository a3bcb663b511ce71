from datetime import timedelta
from typing import Any

import pytest

from schemas.alerts import COMPLAINTS_DESK, CUSTOMER_DESK
from streams.folds.additive import RECENT_WINDOW
from streams.step import FOLDED, LATE, REDELIVERED
from streams.view import Section
from tests.support.builders import (
    NOON,
    a_balance,
    a_closure,
    a_complaint,
    a_contract,
    a_customer,
    a_drawdown,
    a_freeze,
    a_host,
    a_missed_instalment,
    a_relationship_end,
    a_repayment,
    a_resolution,
    a_settlement,
    a_signatory,
    a_withdrawal,
    an_account,
    an_amendment,
    an_entry,
    new_terms,
    some_rules,
)
from tests.support.driver import Driver

LARGE = 200_000_00


def a_life() -> list[Any]:
    """A bit of everything, with duplicates and disorder, in three currencies."""
    return [
        a_complaint(complaint_id="K1"),
        an_entry(account_id="A1", source_seq=1, amount_minor=LARGE, balance_minor=LARGE),
        an_account(account_id="A1"),
        a_customer(),
        an_account(account_id="A2", currency="EUR", maturity_on="2020-03-20"),
        a_balance(account_id="A2", currency="EUR", balance_minor=-500),
        a_drawdown(drawdown_id="D1", maturity_on="2020-06-01"),
        a_contract(),
        a_drawdown(contract_id="L2", currency="JPY", maturity_on="2021-06-01"),
        a_repayment(),
        a_host("M1"),
        a_signatory(),
        a_freeze(account_id="A1", source_seq=2),
        an_entry(account_id="A1", source_seq=1, amount_minor=LARGE, balance_minor=LARGE),
        a_complaint(complaint_id="K2"),
        a_resolution(complaint_id="K1"),
        a_missed_instalment(source_seq=2),
        a_relationship_end(relationship_id="host-M1"),
        an_entry(account_id="A3", source_seq=4, amount_minor=-LARGE, balance_minor=1),
        a_settlement(contract_id="L2"),
        a_closure(account_id="A3"),
        new_terms(account_id="A2", source_seq=2, maturity_on="2022-01-01"),
        a_withdrawal(complaint_id="K2"),
        an_amendment(name="Petr"),
    ]


def recomputed(view: dict[str, Section]) -> Section:
    """The derived part of the summary, from all other sections."""
    accounts = [section for name, section in view.items() if name.startswith("account:")]
    loans = [section for name, section in view.items() if name.startswith("loan:")]
    complaints = [section for name, section in view.items() if name.startswith("complaint:")]
    alerts = [section for name, section in view.items() if name.startswith("alert:")]
    living = [account for account in accounts if account["status"] != "closed"]
    due = [part for key, part in view.get("deadlines", {"due": {}})["due"].items() if "|" not in key]
    return {
        "totals": {
            "accounts": len(living),
            "loans": sum(loan["status"] != "settled" for loan in loans),
            "complaints": sum(complaint["status"] in ("open", "in_progress") for complaint in complaints),
            "alerts": len(alerts),
            "unaddressed": sum(alert["to"] in (CUSTOMER_DESK, COMPLAINTS_DESK) for alert in alerts),
            "balance_minor": {
                currency: sum(one["balance_minor"] or 0 for one in living if one["currency"] == currency)
                for currency in {one["currency"] for one in accounts} - {None}
            },
            "outstanding_minor": {
                currency: sum(one["outstanding_minor"] for one in loans if one["currency"] == currency)
                for currency in {one["currency"] for one in loans} - {None}
            },
        },
        "due_on": min((part["on"] for part in due), default=None),
    }


def derived(driver: Driver) -> Section:
    summary = driver.section("summary")
    return {name: summary[name] for name in ("totals", "due_on")}


def test_the_summary_equals_a_recomputation_after_every_event() -> None:
    driver = Driver()
    for event in a_life():
        driver.pipe(event)
        assert derived(driver) == recomputed(driver.view())
    driver.advance(NOON + timedelta(days=100))
    assert derived(driver) == recomputed(driver.view())
    assert driver.section("summary")["totals"]["alerts"] == len({alert["alert_id"] for alert in driver.published})


def test_one_step_and_many_end_the_same() -> None:
    whole, each = Driver(), Driver()
    whole.pipe(*a_life())
    each.pipe_each(*a_life())
    assert whole.view() == each.view()
    assert whole.published == each.published


def test_applied_is_the_newest_position_of_each_topic() -> None:
    driver = Driver()
    driver.pipe(an_account(), a_customer(), an_entry())
    assert driver.section("summary")["applied"] == {
        "account-changes": ["topic-1", 2],
        "customer-changes": ["topic-1", 1],
    }


def test_what_is_redelivered_is_skipped_whole() -> None:
    driver = Driver()
    assert driver.pipe(an_account(), an_entry(), a_complaint()) == [FOLDED] * 3
    before = dict(driver.at_rest)
    driver.as_of = "2027-01-01T00:00:00Z"
    assert driver.deliver(*driver.delivered) == [REDELIVERED] * 3
    assert driver.put == set()
    assert driver.at_rest == before
    assert len(driver.published) == 1


def test_a_topic_created_anew_starts_anew() -> None:
    driver = Driver()
    driver.pipe(an_entry(source_seq=1), an_entry(source_seq=2))
    anew = driver.delivered[0]._replace(event=an_entry(source_seq=3), topic_id="topic-2")
    assert driver.deliver(anew) == [FOLDED]
    assert driver.section("account:A1")["entries"] == 3
    assert driver.section("summary")["applied"] == {"account-changes": ["topic-2", 0]}


def test_a_duplicate_moves_applied_and_nothing_else() -> None:
    driver = Driver()
    driver.pipe(an_account(), an_entry())
    before = driver.section("summary")
    driver.as_of = "2027-01-01T00:00:00Z"
    assert driver.pipe(an_entry()) == [FOLDED]
    assert driver.put == {"summary"}
    assert driver.section("summary") == {**before, "applied": {"account-changes": ["topic-1", 2]}}


def test_as_of_is_stamped_when_the_view_changes() -> None:
    driver = Driver()
    driver.pipe(an_account())
    driver.as_of = "2027-01-01T00:00:00Z"
    driver.pipe(an_entry())
    assert driver.section("summary")["as_of"] == "2027-01-01T00:00:00Z"


def test_a_refused_event_moves_applied_and_nothing_else() -> None:
    driver = Driver()
    driver.pipe(an_account(currency="CZK"))
    before = driver.section("summary")
    (outcome,) = driver.pipe(an_entry(currency="EUR", amount_minor=LARGE, balance_minor=LARGE))
    assert outcome.kind == "refused"
    assert outcome.error == "currency: should be CZK as in all earlier events of the entity, is EUR"
    assert driver.put == {"summary"}
    assert driver.section("summary") == {**before, "applied": {"account-changes": ["topic-1", 1]}}
    assert driver.published == []


def test_a_total_that_no_view_could_carry_is_refused_whole() -> None:
    driver = Driver()
    most = 10**15
    accounts = [a_balance(account_id=f"A{number}", balance_minor=most) for number in range(9223)]
    driver.pipe(*accounts)
    (outcome,) = driver.pipe(a_balance(account_id="one-more", balance_minor=most))
    assert (outcome.kind, driver.put) == ("refused", {"summary"})
    assert derived(driver) == recomputed(driver.view())


def test_a_late_entry_moves_applied_and_nothing_else() -> None:
    driver = Driver()
    driver.pipe(*(an_entry(source_seq=seq) for seq in range(10, 10 + RECENT_WINDOW)))
    assert driver.pipe(an_entry(source_seq=9)) == [LATE]
    assert driver.put == {"summary"}
    assert driver.section("account:A1")["entries"] == RECENT_WINDOW


def test_the_first_event_refused_leaves_a_summary_only() -> None:
    driver = Driver()
    (outcome,) = driver.pipe(a_drawdown(contract_id="a/drawdown:b"))
    assert outcome.kind == "refused"
    assert set(driver.at_rest) == {"summary"}


def test_nothing_that_happens_puts_nothing() -> None:
    driver = Driver()
    driver.advance(NOON)
    assert driver.at_rest == {}
    driver.pipe(a_drawdown())
    driver.advance(NOON + timedelta(days=1))
    assert driver.put == set()


def test_an_entry_touches_its_account_and_the_summary() -> None:
    driver = Driver()
    driver.pipe(an_account(account_id="A1"), an_account(account_id="A2"), a_customer(), a_drawdown())
    driver.pipe(an_entry())
    assert driver.put == {"account:A1", "summary"}


def test_deadlines_due_at_an_event_fire_before_it() -> None:
    driver = Driver()
    driver.pipe(an_account(maturity_on="2020-06-01"), a_balance(balance_minor=1))
    at_due = NOON.replace(month=5, hour=0)
    driver.pipe(a_balance(source_seq=2, balance_minor=2, occurred_at=at_due))
    assert driver.published[0]["payload"]["balance_minor"] == 1


def test_deadlines_not_yet_due_at_an_event_fire_after_it() -> None:
    driver = Driver()
    driver.pipe(
        an_account(maturity_on="2020-06-01"),
        a_balance(balance_minor=1),
        a_balance(source_seq=2, balance_minor=2, occurred_at=NOON.replace(month=5, day=1)),
        a_balance(source_seq=3, balance_minor=3, occurred_at=NOON.replace(month=5, day=2)),
    )
    assert driver.published[0]["payload"]["balance_minor"] == 2


def test_deadlines_fire_before_an_event_that_is_refused() -> None:
    driver = Driver()
    driver.pipe(an_account(maturity_on="2020-06-01"))
    driver.pipe(an_entry(currency="EUR", occurred_at=NOON.replace(month=5)))
    assert driver.alert_kinds() == ["maturity"]


@pytest.mark.parametrize(("raise_after", "alerts"), [("2020-03-02T12:00:00Z", 1), ("2020-03-02T12:00:00.001Z", 0)])
def test_what_lies_before_raise_after_is_not_raised(raise_after: str, alerts: int) -> None:
    for event in (a_complaint(), an_entry(amount_minor=LARGE, balance_minor=0), a_balance(balance_minor=LARGE)):
        driver = Driver(some_rules(raise_after=type(NOON).fromisoformat(raise_after)))
        driver.pipe(event)
        assert len(driver.published) == driver.section("summary")["totals"]["alerts"] == alerts


def test_a_level_crossed_before_raise_after_is_crossed() -> None:
    driver = Driver(some_rules(raise_after=NOON + timedelta(hours=1)))
    driver.pipe(a_balance(source_seq=1, balance_minor=LARGE))
    assert driver.section("account:A1")["armed"] is False
    driver.pipe(a_balance(source_seq=2, balance_minor=LARGE, occurred_at=NOON + timedelta(hours=2)))
    assert driver.published == []


def test_a_maturity_before_raise_after_leaves_the_deadlines_untold() -> None:
    driver = Driver(some_rules(raise_after=NOON + timedelta(days=365)))
    driver.pipe(a_drawdown(maturity_on="2020-06-01"))
    driver.advance(NOON + timedelta(days=370))
    assert driver.published == []
    assert driver.section("deadlines") == {"due": {}}
    assert driver.section("summary")["due_on"] is None


def test_an_alert_raised_and_addressed_in_one_step_is_published_twice() -> None:
    driver = Driver()
    driver.pipe(an_entry(amount_minor=LARGE, balance_minor=0), a_host("M1"))
    assert [(alert["revision"], alert["to"]) for alert in driver.published] == [(1, CUSTOMER_DESK), (2, "M1")]
    assert driver.section(f"alert:{driver.published[0]['alert_id']}") == driver.published[1]


def test_disorder_within_entities_ends_in_the_same_facts() -> None:
    quiet = some_rules(large_balance=None, large_entry=None, complaint_reminder=None, maturity=None)
    told, backwards = Driver(quiet), Driver(quiet)
    history = [event for event in a_life() if event.type != "account.terms_changed"]
    told.pipe_each(*history)
    backwards.pipe_each(*reversed(history), *history)
    assert told.facts() == backwards.facts()

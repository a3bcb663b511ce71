from datetime import UTC, datetime, timedelta

from tests.support.builders import (
    a_guarantee,
    a_guarantee_amendment,
    a_guarantee_call,
    a_guarantee_release,
    rules_of,
)
from tests.support.driver import Driver

RULE = {"id": "letters", "kind": "guarantee_expiry", "severity": "notice", "days_before": 30}
EXPIRY = "2020-06-01"
DUE = datetime(2020, 5, 2, tzinfo=UTC)


def test_it_fires_once_thirty_days_before() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_guarantee(expires_on=EXPIRY))
    driver.advance(DUE - timedelta(microseconds=1))
    assert driver.published == []
    driver.advance(DUE)
    driver.pipe(a_guarantee(expires_on=EXPIRY, source_seq=1))
    driver.advance(DUE + timedelta(days=60))
    assert driver.alert_kinds() == ["guarantee_expiry"]


def test_the_alert_says_what_and_why() -> None:
    driver = Driver(rules_of({**RULE, "offers": [{"name": "extension"}]}))
    driver.pipe(a_guarantee(expires_on=EXPIRY, amount_minor=100), a_guarantee_call(called_minor=40))
    driver.advance(DUE)
    (alert,) = driver.published
    assert alert["subject"] == "guarantee:G1"
    assert alert["payload"] == {
        "expires_on": EXPIRY,
        "days_before": 30,
        "currency": "CZK",
        "contract_id": "G1",
        "letter_number": "LG-1",
        "beneficiary": "City of Olomouc",
        "amount_minor": 100,
        "called_minor": 40,
        "offers": ["extension"],
    }
    assert alert["proof"]["thresholds"] == {"days_before": 30}


def test_an_extension_arms_again() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_guarantee(expires_on=EXPIRY))
    driver.advance(DUE)
    driver.pipe(a_guarantee_amendment(expires_on="2021-06-01"))
    driver.advance(datetime(2021, 5, 2, tzinfo=UTC))
    assert [alert["payload"]["expires_on"] for alert in driver.published] == [EXPIRY, "2021-06-01"]


def test_an_amendment_of_something_else_leaves_the_deadline_as_it_stands() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_guarantee(expires_on=EXPIRY), a_guarantee_amendment(amount_minor=5))
    (part,) = driver.section("deadlines")["due"].values()
    assert part["cause"] == ["loan-drawdowns", 0, 0]


def test_a_released_guarantee_and_one_without_an_end_do_not_expire() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_guarantee(expires_on=EXPIRY), a_guarantee_release())
    driver.pipe(a_guarantee(contract_id="G2", expires_on=None))
    driver.advance(DUE + timedelta(days=60))
    assert driver.published == []


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe(a_guarantee(expires_on=EXPIRY))
    driver.advance(DUE)
    assert driver.published == []

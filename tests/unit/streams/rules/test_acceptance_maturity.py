from datetime import UTC, datetime, timedelta

from tests.support.builders import a_bill, a_bill_payment, a_bill_settlement, a_contract, rules_of
from tests.support.driver import Driver

RULE = {"id": "bills", "kind": "acceptance_maturity", "severity": "notice", "days_before": [14, 3]}
MATURITY = "2020-06-15"
FIRST, SECOND = datetime(2020, 6, 1, tzinfo=UTC), datetime(2020, 6, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def test_it_fires_once_with_each_number_of_days() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_bill(maturity_on=MATURITY))
    driver.advance(FIRST - MOMENT)
    assert driver.published == []
    driver.advance(FIRST)
    driver.advance(SECOND - MOMENT)
    assert [alert["payload"]["days_before"] for alert in driver.published] == [14]
    driver.advance(SECOND)
    driver.pipe(a_bill(maturity_on=MATURITY), a_bill(maturity_on=MATURITY, source_seq=5))
    driver.advance(SECOND + timedelta(days=90))
    assert [alert["payload"]["days_before"] for alert in driver.published] == [14, 3]
    assert len({alert["alert_id"] for alert in driver.published}) == 2


def test_the_alert_says_what_and_why() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_bill(maturity_on=MATURITY, amount_minor=100, payee="Mill"), a_bill_payment(paid_minor=30))
    driver.advance(FIRST)
    (alert,) = driver.published
    assert (alert["kind"], alert["subject"]) == ("acceptance_maturity", "acceptance:AC1/bill:B1")
    assert alert["raised_at"] == "2020-06-01T00:00:00Z"
    assert alert["payload"] == {
        "maturity_on": MATURITY,
        "days_before": 14,
        "currency": "CZK",
        "contract_id": "AC1",
        "bill_id": "B1",
        "payee": "Mill",
        "amount_minor": 100,
        "to_provide_minor": 70,
    }
    assert alert["proof"]["causes"] == [{"topic": "loan-drawdowns", "partition": 0, "offset": 0}]


def test_a_settled_bill_matures_no_more() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_bill(maturity_on=MATURITY), a_bill_settlement())
    driver.advance(SECOND)
    assert driver.published == []


def test_a_new_maturity_arms_again() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_bill(maturity_on=MATURITY))
    driver.advance(SECOND)
    driver.pipe(a_bill(maturity_on="2020-09-15", source_seq=1))
    driver.advance(datetime(2020, 9, 15, tzinfo=UTC))
    assert [alert["payload"]["maturity_on"] for alert in driver.published] == [MATURITY] * 2 + ["2020-09-15"] * 2


def test_a_payee_told_later_leaves_the_deadline_as_it_stands() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_bill(maturity_on=MATURITY, source_seq=2))
    driver.pipe(a_bill(maturity_on="2020-04-01", source_seq=1, payee="Mill"))
    (part,) = driver.section("deadlines")["due"].values()
    assert (part["on"], part["cause"]) == (MATURITY, ["loan-drawdowns", 0, 0])


def test_what_the_customer_holds_already_is_not_offered() -> None:
    offers = [{"name": "new bills"}, {"name": "loan", "unless_holds": "loan"}]
    offered = []
    for events in ([a_bill(maturity_on=MATURITY)], [a_bill(maturity_on=MATURITY), a_contract()]):
        driver = Driver(rules_of({**RULE, "offers": offers}))
        driver.pipe(*events)
        driver.advance(FIRST)
        offered.append(driver.published[0]["payload"]["offers"])
    assert offered == [["new bills", "loan"], ["new bills"]]


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe(a_bill(maturity_on=MATURITY))
    driver.advance(SECOND)
    assert driver.published == []

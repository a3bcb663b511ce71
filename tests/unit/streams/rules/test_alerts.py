from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from streams.rules.alerts import NAMESPACE, alert_id_of, group_id_of
from tests.support.builders import a_complaint, a_drawdown, a_host, an_amendment, an_entry
from tests.support.driver import Driver


def test_the_namespace_never_changes() -> None:
    assert UUID("5a1f0c63-3d5e-4b8c-9f27-6c3b60a9e360") == NAMESPACE
    wanted = "4a048ef6-7b50-5bde-8624-864235612781"
    assert alert_id_of("large-entry", "C1", "account:A1", "core:1") == wanted


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_ids_are_version_5_uuids_in_the_namespace(rule: str, customer: str, subject: str, cause: str) -> None:
    assert alert_id_of(rule, customer, subject, cause) == str(uuid5(NAMESPACE, f"{rule}|{customer}|{subject}|{cause}"))
    assert group_id_of(customer, cause) == str(uuid5(NAMESPACE, f"group|{customer}|{cause}"))


def test_ids_differ_by_rule_customer_subject_and_cause() -> None:
    one = ("large-entry", "C1", "account:A1", "core:1")
    others = [(*one[:place], "x", *one[place + 1 :]) for place in range(4)]
    assert len({alert_id_of(*parts) for parts in (one, *others)}) == 5


def test_alerts_at_a_desk_are_addressed_in_order_of_instant_and_id() -> None:
    driver = Driver()
    driver.pipe(
        an_entry(account_id="A2", amount_minor=10**8, balance_minor=0, occurred_at="2020-03-02T12:00:00.5Z"),
        an_entry(account_id="A1", amount_minor=10**8, balance_minor=0, occurred_at="2020-03-02T12:00:00Z"),
        a_drawdown(maturity_on="2020-03-05", occurred_at="2020-03-02T12:00:00Z"),
        a_complaint(occurred_at="2020-03-02T11:00:00Z"),
    )
    assert {alert["to"] for alert in driver.published} == {"customer-desk", "complaints-desk"}
    driver.published.clear()
    driver.pipe(a_host("M1"))
    assert [alert["raised_at"] for alert in driver.published] == [
        "2020-03-02T12:00:00Z",
        "2020-03-02T12:00:00Z",
        "2020-03-02T12:00:00.500000Z",
    ]
    first, second, _ = driver.published
    assert first["alert_id"] < second["alert_id"]
    assert {(alert["to"], alert["revision"]) for alert in driver.published} == {("M1", 2)}
    driver.pipe(an_amendment(name="Petr"))
    assert driver.published[-1]["kind"] == "complaint_reminder"
    assert driver.section("summary")["totals"]["unaddressed"] == 0


def test_a_manager_named_as_a_desk_addresses_nothing() -> None:
    driver = Driver()
    driver.pipe(an_entry(amount_minor=10**8, balance_minor=0))
    driver.pipe_each(a_host("customer-desk"), an_amendment(name="Petr"))
    assert [alert["revision"] for alert in driver.published] == [1]

import pytest

from schemas.alerts import CUSTOMER_DESK
from streams.codec import encode_section
from tests.support.builders import a_balance, an_account, an_amendment, an_entry, rules_of, some_rules
from tests.support.driver import Driver

THRESHOLD = 100_000_00
REARM_BELOW = 95_000_00


def balances(driver: Driver, *amounts: int) -> None:
    """State balances in order, each in a step of its own."""
    for balance_minor in amounts:
        driver.pipe(a_balance(source_seq=len(driver.delivered) + 1, balance_minor=balance_minor))


@pytest.mark.parametrize(
    ("stated", "alerts"),
    [
        ([THRESHOLD - 1], 0),
        ([THRESHOLD], 1),
        ([THRESHOLD + 1], 1),
        ([-THRESHOLD], 0),
        ([THRESHOLD, THRESHOLD + 1, THRESHOLD], 1),
        ([THRESHOLD, REARM_BELOW, THRESHOLD], 1),
        ([THRESHOLD, REARM_BELOW - 1], 1),
        ([THRESHOLD, REARM_BELOW - 1, THRESHOLD], 2),
        ([THRESHOLD, 0, THRESHOLD - 1, THRESHOLD], 2),
    ],
)
def test_it_fires_once_at_the_threshold_and_arms_again_below_95_percent(stated: list[int], alerts: int) -> None:
    driver = Driver()
    balances(driver, *stated)
    assert driver.alert_kinds() == ["large_balance"] * alerts


def test_the_alert_says_what_and_why() -> None:
    driver = Driver()
    driver.pipe(a_balance(balance_minor=THRESHOLD, source_seq=4))
    (alert,) = driver.published
    assert alert["subject"] == "account:A1"
    assert alert["to"] == CUSTOMER_DESK
    assert alert["raised_at"] == "2020-03-02T12:00:00Z"
    assert alert["payload"] == {
        "account_id": "A1",
        "currency": "CZK",
        "balance_minor": THRESHOLD,
        "threshold_minor": THRESHOLD,
    }
    assert alert["proof"] == {
        "rule_id": "large-balance",
        "rule_version": 1,
        "thresholds": {"threshold_minor": THRESHOLD, "rearm_percent": 95},
        "before": {"balance_minor": None},
        "after": {"balance_minor": THRESHOLD},
        "causes": [{"topic": "account-changes", "partition": 0, "offset": 0}],
        "as_of": driver.as_of,
    }


def test_an_entry_states_a_balance_too() -> None:
    driver = Driver()
    driver.pipe(an_entry(amount_minor=1, balance_minor=THRESHOLD))
    assert driver.alert_kinds() == ["large_balance"]
    assert driver.section("account:A1")["armed"] is False


def test_an_older_balance_neither_fires_nor_arms() -> None:
    driver = Driver()
    driver.pipe_each(a_balance(source_seq=5, balance_minor=0), an_entry(source_seq=4, balance_minor=THRESHOLD))
    assert driver.alert_kinds() == []
    driver.pipe_each(a_balance(source_seq=6, balance_minor=THRESHOLD), an_entry(source_seq=3, balance_minor=0))
    assert driver.section("account:A1")["armed"] is False


def test_the_same_balance_twice_fires_once() -> None:
    driver = Driver()
    driver.pipe(a_balance(balance_minor=THRESHOLD), a_balance(balance_minor=THRESHOLD))
    assert driver.alert_kinds() == ["large_balance"]


@pytest.mark.parametrize(("currency", "level"), [("CZK", 100_50), ("JPY", 100), ("KWD", 100_500)])
def test_the_threshold_holds_in_the_minor_units_of_every_currency(currency: str, level: int) -> None:
    driver = Driver(some_rules(large_balance={"threshold": "100.50"}))
    driver.pipe(a_balance(account_id="A1", currency=currency, balance_minor=level - 1))
    assert driver.alert_kinds() == []
    driver.pipe(a_balance(account_id="A2", currency=currency, balance_minor=level))
    assert driver.published[0]["payload"]["threshold_minor"] == level


def test_rearming_is_exact_where_the_percentage_is_no_whole_minor_unit() -> None:
    # 95 % of 101 is 95.95: 95 is strictly below, 96 is not.
    driver = Driver(some_rules(large_balance={"threshold": "1.01"}))
    balances(driver, 101, 96)
    assert driver.section("account:A1")["armed"] is False
    balances(driver, 95)
    assert driver.section("account:A1")["armed"] is True


@pytest.mark.parametrize("stated", [None, {"enabled": False}])
def test_without_the_rule_nothing_fires_and_the_account_stays_armed(stated: dict[str, object] | None) -> None:
    driver = Driver(some_rules(large_balance=stated))
    driver.pipe(an_account(), a_balance(balance_minor=THRESHOLD))
    assert driver.alert_kinds() == []
    assert driver.section("account:A1")["armed"] is True


def test_two_rules_of_the_kind_each_have_their_own_level() -> None:
    low = {"id": "low", "kind": "large_balance", "severity": "notice", "threshold": "10.00"}
    high = {"id": "high", "kind": "large_balance", "severity": "urgent", "threshold": "100.00"}
    driver = Driver(rules_of(low, high))
    balances(driver, 10_00, 100_00, 50_00)
    assert [(alert["proof"]["rule_id"], alert["change"]) for alert in driver.published] == [
        ("low", "raised"), ("high", "raised"), ("high", "resolved"),
    ]  # fmt: skip
    account = driver.section("account:A1")
    assert (account["armed"], account["rules"]) == (False, {"low": {"disarmed_by": "core:1"}})
    balances(driver, 1)
    assert driver.section("account:A1")["armed"] is True
    assert "rules" not in driver.section("account:A1")


@pytest.mark.parametrize(
    ("scope", "fires"),
    [
        ({"customer_kind": ["corporate"]}, True),
        ({"customer_kind": ["personal"]}, False),
        ({"branch": ["B7"], "currency": ["CZK", "EUR"]}, True),
        ({"branch": ["B7"], "currency": ["EUR"]}, False),
        ({"product": ["current"]}, True),
        ({"product": ["term-deposit"]}, False),
        ({"tier": ["gold"]}, False),
    ],
)
def test_it_fires_only_where_its_scope_holds(scope: dict[str, list[str]], fires: bool) -> None:
    driver = Driver(some_rules(large_balance={"scope": scope}))
    driver.pipe(an_amendment(kind="corporate", home_branch="B7"), an_account())
    balances(driver, THRESHOLD)
    assert bool(driver.published) is fires
    assert driver.section("account:A1")["armed"] is not fires


def test_an_account_disarmed_by_a_release_that_kept_no_cause_stays_disarmed() -> None:
    driver = Driver()
    balances(driver, THRESHOLD)
    account = driver.section("account:A1")
    del account["rules"]
    driver.at_rest["account:A1"] = encode_section(account)
    balances(driver, THRESHOLD + 1)
    assert driver.alert_kinds() == ["large_balance"]
    balances(driver, 0, THRESHOLD)
    assert driver.alert_kinds() == ["large_balance"] * 2

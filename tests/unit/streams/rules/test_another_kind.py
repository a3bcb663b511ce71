"""A rule that takes the id of one of another kind begins anew: what that remembered means nothing to it."""

from typing import Any

from streams.codec import encode_section
from tests.support.builders import a_contract, a_drawdown, a_missed_instalment, an_entry, rules_of
from tests.support.driver import Driver

ONE: dict[str, Any] = {"id": "one", "severity": "notice"}


def test_on_accounts() -> None:
    driver = Driver(rules_of(ONE | {"kind": "large_balance", "threshold": "1000.00"}))
    driver.pipe(an_entry(balance_minor=1000_00, source_seq=1))
    driver.rules = rules_of(ONE | {"kind": "large_balance_down", "threshold": "1000.00", "rearm_percent": 100})
    driver.pipe_each(an_entry(balance_minor=2000_00, source_seq=2), an_entry(balance_minor=0, source_seq=3))
    assert driver.alert_kinds() == ["large_balance", "large_balance_down"]


def test_on_accounts_beside_a_rule_of_the_kind_that_had_the_id() -> None:
    other = {"id": "other", "severity": "notice", "kind": "large_balance", "threshold": "5000.00"}
    driver = Driver(rules_of(ONE | {"kind": "large_balance", "threshold": "1000.00"}, other))
    driver.pipe(an_entry(balance_minor=1000_00, source_seq=1))
    down = ONE | {"kind": "large_balance_down", "threshold": "1000.00", "rearm_percent": 100}
    driver.rules = rules_of(down, other)
    driver.pipe(an_entry(balance_minor=4800_00, source_seq=2))
    account = driver.section("account:A1")
    assert (account["armed"], account["rules"]) == (True, {"one": {"armed": True}})
    driver.pipe(an_entry(balance_minor=5000_00, source_seq=3))
    assert driver.alert_kinds() == ["large_balance", "large_balance"]
    account = driver.section("account:A1")
    assert (account["armed"], account["rules"]["other"]) == (False, {"disarmed_by": "core:3"})


def test_on_contracts() -> None:
    driver = Driver(rules_of(ONE | {"kind": "instalment_missed"}))
    driver.pipe_each(a_contract(), a_drawdown(), a_missed_instalment(arrears_minor=500_00))
    driver.rules = rules_of(ONE | {"kind": "arrears", "threshold": "600.00"})
    driver.pipe(a_missed_instalment(arrears_minor=600_00, source_seq=9))
    assert driver.alert_kinds() == ["instalment_missed", "arrears"]


def test_on_contracts_by_kinds_that_remember_alike() -> None:
    driver = Driver(rules_of(ONE | {"kind": "limit_nearly_drawn"}))
    driver.pipe_each(a_contract(limit_minor=100_00), a_drawdown(amount_minor=95_00))
    driver.rules = rules_of(ONE | {"kind": "drawn_over_limit"})
    driver.pipe(a_drawdown(drawdown_id="D2", amount_minor=6_00))
    assert driver.alert_kinds() == ["limit_nearly_drawn", "drawn_over_limit"]
    driver.rules = rules_of(ONE | {"kind": "instalment_missed"})
    driver.pipe(a_missed_instalment())
    assert driver.section("loan:L1")["rules"] == {"one": {"D1": ["core:1"]}}


def test_what_a_release_remembered_that_kept_no_kind_is_the_rules_own() -> None:
    driver = Driver(rules_of(ONE | {"kind": "drawn_over_limit"}))
    driver.pipe_each(a_contract(limit_minor=100_00), a_drawdown(amount_minor=101_00))
    loan = driver.section("loan:L1")
    assert loan["rules"]["one"].pop("kind") == "drawn_over_limit"
    driver.at_rest["loan:L1"] = encode_section(loan)
    driver.pipe(a_drawdown(drawdown_id="D2", amount_minor=6_00))
    assert driver.alert_kinds() == ["drawn_over_limit"]

from tests.support.builders import a_drawdown, a_missed_instalment, a_repayment, a_settlement, rules_of
from tests.support.driver import Driver

RULE = {"id": "missed", "kind": "instalment_missed", "severity": "warning"}


def test_each_instalment_missed_fires_once() -> None:
    driver = Driver(rules_of(RULE))
    first, second = a_missed_instalment(), a_missed_instalment(source_seq=2, due_on="2020-04-01")
    driver.pipe(first, first)
    driver.pipe(second, first, second)
    assert [alert["payload"]["due_on"] for alert in driver.published] == ["2020-03-01", "2020-04-01"]


def test_it_may_wait_for_the_second_one() -> None:
    driver = Driver(rules_of({**RULE, "from_missed": 2}))
    driver.pipe(a_missed_instalment())
    assert driver.published == []
    driver.pipe(a_missed_instalment(source_seq=2))
    assert [alert["payload"]["missed"] for alert in driver.published] == [2]


def test_the_alert_says_what_and_why() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_drawdown())
    driver.pipe(a_missed_instalment(arrears_minor=7_00))
    (alert,) = driver.published
    assert alert["subject"] == "loan:L1/drawdown:D1"
    assert alert["payload"] == {
        "contract_id": "L1",
        "drawdown_id": "D1",
        "currency": "CZK",
        "due_on": "2020-03-01",
        "arrears_minor": 7_00,
        "missed": 1,
    }
    assert alert["proof"]["before"] == {"arrears_minor": 0, "missed": 0}
    assert alert["proof"]["after"] == {"arrears_minor": 7_00, "missed": 1}


def test_its_causes_are_remembered_until_the_drawdown_has_caught_up() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_missed_instalment(), a_missed_instalment(drawdown_id="D2"))
    assert driver.section("loan:L1")["rules"] == {"missed": {"D1": ["core:1"], "D2": ["core:1"]}}
    driver.pipe(a_repayment(source_seq=2, arrears_minor=5))
    assert "D1" in driver.section("loan:L1")["rules"]["missed"]
    driver.pipe(a_repayment(source_seq=3))
    assert driver.section("loan:L1")["rules"] == {"missed": {"D2": ["core:1"]}}
    driver.pipe(a_settlement(drawdown_id="D2"))
    assert "rules" not in driver.section("loan:L1")


def test_what_is_remembered_is_bounded() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(*(a_missed_instalment(source_seq=seq) for seq in range(20)))
    assert len(driver.published) == 20
    assert driver.section("loan:L1")["rules"]["missed"]["D1"] == [f"core:{seq}" for seq in range(8, 20)]


def test_an_instalment_told_after_it_was_caught_up_is_no_news() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(a_repayment(source_seq=5, arrears_minor=0))
    driver.pipe(a_missed_instalment(source_seq=4))
    assert driver.published == []


def test_it_holds_for_its_scope_only() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe(a_missed_instalment())
    assert driver.published == []

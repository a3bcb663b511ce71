from decimal import Decimal
from pathlib import Path

import pytest

from ops.rules import DEFAULT_RULE_FILE
from schemas.alerts import AlertKind
from schemas.rules import LargeBalanceRule, LargeEntryRule, MaturityRule
from schemas.topics import ALERT_TOPICS, TOPIC_OF_ALERT
from streams.rules.load import BadRuleFile, load_rules

SHIPPED = DEFAULT_RULE_FILE.read_text(encoding="utf-8")


def test_the_shipped_rules_are_those_of_the_bank() -> None:
    balance, entry, maturity, reminder, *others = load_rules(DEFAULT_RULE_FILE).rules
    assert isinstance(balance, LargeBalanceRule)
    assert (balance.threshold, balance.rearm_percent) == (Decimal("100000.00"), 95)
    assert isinstance(entry, LargeEntryRule)
    assert entry.threshold == Decimal("50000.00")
    assert isinstance(maturity, MaturityRule)
    assert maturity.days_before == 30
    assert reminder.kind == "complaint_reminder"
    told_of = {TOPIC_OF_ALERT[AlertKind(rule.kind)] for rule in others}
    assert told_of == set(ALERT_TOPICS)


def test_an_amount_never_passes_through_a_float(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(SHIPPED.replace("50000.00", "999999999999.99"), encoding="utf-8")
    rule = load_rules(file).rules[1]
    assert isinstance(rule, LargeEntryRule)
    assert rule.threshold == Decimal("999999999999.99")


@pytest.mark.parametrize(
    ("shipped", "written", "error"),
    [
        ("threshold: 100000.00", "threshold: -5", "rules[0].threshold should be greater than 0"),
        ("threshold: 100000.00", "threshold: .nan", "rules[0].threshold should be a valid decimal"),
        ("threshold: 50000.00", "threshold: 1.234", "rules[1].threshold decimal input should have no more than 2"),
        ("threshold: 50000.00", "", "rules[1].threshold is missing"),
        ("days_before: 30", "days_before: 400", "rules[2].days_before should be less than or equal to 366"),
        ("days_before: 30", "days_after: 30", "rules[2].days_before is missing"),
        ("kind: maturity", "kind: anniversary", "rules[2].kind should be one of 'large_balance', 'large_entry'"),
        ("kind: maturity", "", "rules[2].kind is missing"),
        ("severity: warning", "severity: huge", "rules[3].severity should be 'notice', 'warning' or 'urgent'"),
        ("id: maturity", "id: large-entry", "two rules share the id 'large-entry'"),
        ("severity: notice", "severity: notice\n    severity: notice", "severity is stated twice in line 5"),
        ("severity: notice", "severity: notice\n    version: 2", "rules[0].version is not to be stated"),
        ("severity: notice", "severity: notice\n    colour: red", "rules[0].colour is not a name known here"),
        ("threshold: 50000.00", "threshold: 5\n    scope: {currency: [EURO]}", "rules[1].scope.currency[0]: unknown"),
        ("threshold: 50000.00", "threshold: 5\n    when: payload.amount_minor", "rules[1].when: it gives a int, and"),
        ("threshold: 50000.00", "threshold: 5\n    when: '[1].all(x, true)'", "rules[1].when: column 4: all() loops"),
        ("home_currency: CZK", "home_currency: CZ", "rules[14].home_currency: unknown currency 'CZ'"),
        (
            "home_currency: CZK",
            "home_currency: CZK\n    scope: {currency: [CZK]}",
            "rules[14]: scope.currency: should name another currency than the bank's own, CZK",
        ),
        ("rules:", "rulez:", "rules is missing"),
        ("rules:", "rules: [", "should be a YAML document"),
    ],
)
def test_a_bad_file_says_where_and_what_is_allowed(tmp_path: Path, shipped: str, written: str, error: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(SHIPPED.replace(shipped, written, 1), encoding="utf-8")
    with pytest.raises(BadRuleFile) as caught:
        load_rules(file)
    message = str(caught.value)
    assert error in message
    assert message.startswith(str(file))
    assert "\n" not in message


@pytest.mark.parametrize("content", [b"", b"[]", b"5", b"\xff\xfe", b"x: " + b"[" * 5000, b"rules: 5"])
def test_what_is_no_rule_file_at_all_is_a_sentence_too(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(content)
    with pytest.raises(BadRuleFile):
        load_rules(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRuleFile, match=r"nowhere\.yaml: should be a readable file"):
        load_rules(tmp_path / "nowhere.yaml")


def test_a_condition_that_does_not_compile_is_refused_with_its_place_and_what_it_may_name(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    rule = "{id: large, kind: large_entry, severity: notice, threshold: 5.00, when: payload.amount > 3}"
    for written, place in ((rule, "when"), (f"rules: [{rule}]", "rules[0].when")):
        file.write_text(written)
        with pytest.raises(BadRuleFile) as caught:
            load_rules(file)
        assert f"{place}: column 8: undeclared reference to 'payload.amount'; a condition may name" in str(caught.value)
        assert "payload.amount_minor" in str(caught.value)

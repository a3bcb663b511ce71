"""What a dry run compares: today's rules, and those with a file's in their place or beside them."""

import json
from typing import Any

from ops.dry_run import Forecast, candidate_of
from schemas.rules import Rule, RuleChange, RuleFile
from tests.unit.streams.rules.test_book import a_change


def a_rule(rule_id: str = "large-entry", version: int = 0, **fields: Any) -> Rule:
    rule = RuleChange.model_validate_json(a_change(rule_id, **fields)).rule
    return rule.model_copy(update={"version": version})


def test_a_changed_rule_takes_its_places_and_is_compared() -> None:
    today = RuleFile(rules=[a_rule(version=4), a_rule("other", version=5)])
    wanted, compared = candidate_of(today, [a_rule(threshold="1.00"), a_rule("other")])
    assert compared == {"large-entry"}
    assert [(rule.id, rule.version) for rule in wanted.rules] == [("large-entry", 0), ("other", 5)]


def test_a_new_rule_stands_beside_the_others() -> None:
    wanted, compared = candidate_of(RuleFile(rules=[a_rule("b")]), [a_rule("a")])
    assert compared == {"a"}
    assert [rule.id for rule in wanted.rules] == ["a", "b"]


def test_the_same_rules_leave_nothing_to_compare() -> None:
    assert candidate_of(RuleFile(rules=[a_rule(version=4)]), [a_rule()])[1] == frozenset()


def test_a_forecast_counts_by_rule_day_manager_and_branch() -> None:
    forecast = Forecast()
    alert = json.loads('{"proof": {"rule_id": "large-entry"}, "raised_at": "2026-11-23T10:00:00Z", "to": "M001"}')
    forecast.count(alert, "BR-1")
    forecast.count(alert | {"to": "M002"}, "BR-1")
    assert forecast.by_day == {"2026-11-23": 2}
    assert forecast.by_manager == {"M001": 1, "M002": 1}
    assert (forecast.by_rule, forecast.by_branch) == ({"large-entry": 2}, {"BR-1": 2})

from typing import Any

import pytest

from tests.support.builders import a_closure, a_contract, a_drawdown, a_settlement, an_account, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {"id": "win-back", "kind": "win_back", "severity": "warning"}


@pytest.mark.parametrize(
    ("told", "alerts"),
    [
        ([an_account()], 0),
        ([a_closure()], 0),
        ([an_account(), a_closure()], 1),
        ([an_account(), a_contract(), a_closure()], 0),
        ([an_account(), a_contract(), a_closure(), a_drawdown(), a_settlement()], 1),
        ([an_account(), a_closure(), an_account(source_seq=10), a_closure(source_seq=11)], 2),
    ],
)
def test_it_fires_each_time_the_last_product_is_over(told: list[Any], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(*told)
    driver.pipe_each(*told)
    assert driver.alert_kinds() == ["win_back"] * alerts


def test_the_alert_says_what_was_the_last() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(an_account(), a_closure())
    (alert,) = driver.published
    assert (alert["subject"], alert["payload"]) == ("holdings", {"last_product": "current", "section": "account:A1"})
    assert (alert["proof"]["before"], alert["proof"]["after"]) == ({"products": {"current": 1}}, {"products": {}})


def test_only_the_products_named_count() -> None:
    driver = Driver(rules_of({**RULE, "products": ["current"]}))
    driver.pipe_each(a_contract(), an_account(), a_closure())
    assert driver.alert_kinds() == ["win_back"]


def test_it_fires_only_where_its_scope_holds() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"currency": ["EUR"]}}))
    driver.pipe_each(an_account(), a_closure())
    assert driver.published == []

from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.builders import a_closure, a_contract, a_drawdown, a_settlement, an_account, new_terms, rules_of
from tests.support.driver import Driver

RULE: dict[str, Any] = {
    "id": "gap",
    "kind": "product_gap",
    "severity": "notice",
    "has": ["loan"],
    "lacks": ["insurance", "current"],
}


@pytest.mark.parametrize(
    ("told", "alerts"),
    [
        ([an_account(product="savings")], 0),
        ([a_contract()], 1),
        ([a_contract(), a_drawdown()], 1),
        ([an_account(), a_contract()], 0),
        ([an_account(), a_contract(), a_closure()], 1),
        ([a_contract(), an_account(), a_closure()], 2),
        ([a_contract(), an_account(product="savings"), new_terms(product="insurance"), a_closure()], 2),
        ([a_contract(), a_drawdown(), a_settlement(), a_drawdown(drawdown_id="D2")], 2),
    ],
)
def test_it_fires_each_time_the_gap_opens(told: list[Any], alerts: int) -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(*told)
    driver.pipe_each(*told)
    assert driver.alert_kinds() == ["product_gap"] * alerts


def test_the_alert_says_what_is_held_and_lacked() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe(an_account(product="savings"), a_contract())
    (alert,) = driver.published
    assert (alert["subject"], alert["payload"]) == ("holdings", {"has": ["loan"], "lacks": ["insurance", "current"]})
    assert alert["proof"]["before"] == {"products": {"savings": 1}}
    assert alert["proof"]["after"] == {"products": {"savings": 1, "loan": 1}}


def test_an_older_state_opens_no_gap() -> None:
    driver = Driver(rules_of(RULE))
    driver.pipe_each(an_account(source_seq=9), a_contract(), a_closure(source_seq=8))
    assert driver.published == []


def test_it_fires_only_where_its_scope_holds() -> None:
    driver = Driver(rules_of({**RULE, "scope": {"customer_kind": ["corporate"]}}))
    driver.pipe(a_contract())
    assert driver.published == []


def test_a_gap_that_can_not_be_is_refused() -> None:
    with pytest.raises(ValidationError, match="lacks: should not name 'loan'"):
        rules_of({**RULE, "lacks": ["loan"]})

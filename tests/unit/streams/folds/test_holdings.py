from streams.folds.holdings import account_product, contract_product, exchanged
from tests.support.builders import a_bill, a_bill_settlement, a_closure, a_contract, an_account, an_entry, new_terms
from tests.support.driver import Driver
from tests.unit.streams.folds.folding import fold_account, folded


def test_a_closed_account_and_one_without_a_product_are_not_held() -> None:
    assert account_product(None) is None
    assert account_product(folded(fold_account, an_entry())) is None
    assert account_product(folded(fold_account, an_account())) == "current"
    assert account_product(folded(fold_account, an_account(), a_closure())) is None


def test_a_contract_is_held_until_it_is_over() -> None:
    assert contract_product("loan", None) is None
    assert contract_product("loan", {"status": "in_arrears"}) == "loan"
    assert contract_product("loan", {"status": "settled"}) is None


def test_products_are_counted_and_leave_with_the_last() -> None:
    two = exchanged(exchanged(None, None, "current"), None, "current")
    assert two == {"products": {"current": 2}}
    assert exchanged(two, "current", "savings") == {"products": {"current": 1, "savings": 1}}
    assert exchanged({"products": {"current": 1}}, "current", None) == {"products": {}}


def test_a_view_from_before_there_were_holdings_does_not_stop_the_stream() -> None:
    assert exchanged(None, "current", None) == {"products": {}}


def test_holdings_follow_accounts_and_contracts() -> None:
    driver = Driver()
    driver.pipe(an_account(), a_contract(), a_bill())
    assert driver.section("holdings") == {"products": {"current": 1, "loan": 1, "acceptance": 1}}
    driver.pipe(new_terms(product="term-deposit"), a_bill_settlement())
    assert driver.section("holdings") == {"products": {"loan": 1, "term-deposit": 1}}


def test_an_entry_does_not_touch_the_holdings() -> None:
    driver = Driver()
    driver.pipe(an_account())
    driver.pipe(an_entry())
    assert driver.put == {"account:A1", "summary"}

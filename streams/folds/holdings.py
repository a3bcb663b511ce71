"""Fold of what the customer holds: section `holdings`, kept by difference."""

from typing import Final

from streams.folds import guarantees
from streams.folds.accounts import CLOSED
from streams.folds.parts import SETTLED
from streams.view import Section

__all__ = ["ACCEPTANCE", "CONTRACTS", "GUARANTEE", "LOAN", "account_product", "contract_product", "exchanged"]

LOAN: Final = "loan"
GUARANTEE: Final = "guarantee"
ACCEPTANCE: Final = "acceptance"
_OVER: Final = {LOAN: frozenset({SETTLED}), GUARANTEE: guarantees.OVER, ACCEPTANCE: frozenset({SETTLED})}
CONTRACTS: Final = frozenset(_OVER)
"""Families of sections of which each is a contract."""


def account_product(section: Section | None) -> str | None:
    """The product that an account adds to what the customer holds; None for one that is closed or has no product."""
    if section is None or section["status"] == CLOSED:
        return None
    product: str | None = section["product"]
    return product


def contract_product(product: str, section: Section | None) -> str | None:
    """`product` while the contract lives; what ends it depends on what it is."""
    return None if section is None or section["status"] in _OVER[product] else product


def exchanged(section: Section | None, before: str | None, after: str | None) -> Section:
    """The holdings with one `after` in place of one `before`."""
    products: dict[str, int] = {} if section is None else dict(section["products"])
    if before is not None:
        # Views of before there were holdings lack what was held then, until they are built anew.
        left = products.pop(before, 1) - 1
        if left:
            products[before] = left
    if after is not None:
        products[after] = products.get(after, 0) + 1
    return {"products": products}

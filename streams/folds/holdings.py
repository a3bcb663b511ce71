"""Fold of what the customer holds: section `holdings`, kept by difference."""

from collections.abc import Iterable
from typing import Final

from streams.folds.accounts import CLOSED
from streams.view import Section

__all__ = ["ACCEPTANCE", "GUARANTEE", "LOAN", "account_product", "contract_product", "exchanged"]

LOAN: Final = "loan"
GUARANTEE: Final = "guarantee"
ACCEPTANCE: Final = "acceptance"


def account_product(section: Section | None) -> str | None:
    """The product that an account adds to what the customer holds; None for one that is closed or has no product."""
    if section is None or section["status"] == CLOSED:
        return None
    product: str | None = section["product"]
    return product


def contract_product(product: str, section: Section | None, over: Iterable[str]) -> str | None:
    """`product` while the contract lives, that is while its status is not among `over`."""
    return None if section is None or section["status"] in over else product


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

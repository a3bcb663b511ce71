"""Thresholds: an amount of the rule file in the minor units of every currency."""

from decimal import Decimal

from schemas.base import CURRENCY_EXPONENTS, minor_units

__all__ = ["in_all_currencies"]


def in_all_currencies(amount: Decimal) -> dict[str, int]:
    """Currency -> minor units, rounded down where the currency has fewer decimals than the amount."""
    hundredths = int(amount * 100)
    return {currency: minor_units(0, hundredths, currency) for currency in CURRENCY_EXPONENTS}

"""Money in a section: one currency, and sums that stay inside 64 bits."""

from typing import Final

from streams.folds.refusals import Refused
from streams.view import Section

__all__ = ["in_currency", "within_bounds"]

_MAX_SUM: Final = 2**63 - 1


def in_currency(section: Section, currency: str) -> Section:
    """`section`, with its currency known from now on; a section keeps the currency that was named first."""
    held = section["currency"]
    if held == currency:
        return section
    if held is None:
        return {**section, "currency": currency}
    raise Refused(f"currency: should be {held} as in all earlier events of the entity, is {currency}")


def within_bounds(total: int, of: str) -> int:
    """`total` itself; refused beyond 64 bits, which neither JSON nor its readers could carry."""
    if -_MAX_SUM <= total <= _MAX_SUM:
        return total
    raise Refused(f"{of}: the sum would leave 64 bits")

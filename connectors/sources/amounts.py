"""Amounts as files write them, to integer minor units: exactly, or not at all."""

import re
from functools import lru_cache
from typing import Final

from connectors.sources.errors import Reason, Refused

__all__ = ["minor_of", "whole_of"]

_WHOLE: Final = re.compile(r"[+-]?\d{1,18}\Z", re.ASCII)
_MOST_DIGITS: Final = 18
"""What fits a signed 64-bit number whatever its digits; the contracts allow less."""


@lru_cache(maxsize=8192)
def minor_of(text: str, exponent: int, decimal_mark: str = ".", group_mark: str = "") -> int:
    """`text` in units of 10**-exponent; Refused when it is no amount, has a finer fraction or too many digits.

    A group mark stands between groups of three digits, all or none of them: a mark elsewhere may be a decimal one.
    """
    matched = _layout(decimal_mark, group_mark).match(text)
    if not matched:
        raise Refused(Reason.NOT_A_NUMBER, f"{text!r} is not an amount such as 1234{decimal_mark}50")
    sign, whole, fraction = matched.groups(default="")
    if group_mark:
        whole = whole.replace(group_mark, "")
    fraction = fraction.rstrip("0")
    if len(fraction) > exponent:
        raise Refused(Reason.NOT_A_NUMBER, f"{text!r} has more than {exponent} decimals")
    digits = (whole + fraction.ljust(exponent, "0")).lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        raise Refused(Reason.NOT_A_NUMBER, f"an amount of {len(whole)} digits is more than any account holds")
    return int(sign + digits)


@lru_cache(maxsize=16)
def _layout(decimal_mark: str, group_mark: str) -> re.Pattern[str]:
    whole = r"\d+"
    if group_mark:
        whole = rf"\d{{1,3}}(?:{re.escape(group_mark)}\d{{3}})+|\d+"
    return re.compile(rf"([+-]?)({whole})(?:{re.escape(decimal_mark)}(\d+))?\Z", re.ASCII)


def whole_of(value: object) -> int:
    """A whole number, or the digits of one; Refused when it is none."""
    text = str(value)
    if not _WHOLE.match(text):
        raise Refused(Reason.NOT_A_NUMBER, f"{text!r} is not a whole number")
    return int(text)

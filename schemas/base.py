"""The vocabulary of every contract: identifiers, money, currencies, instants and days."""

from datetime import UTC, date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

__all__ = [
    "CURRENCY_EXPONENTS",
    "MAX_MINOR",
    "AmountMinor",
    "Contract",
    "Currency",
    "CustomerId",
    "Day",
    "EntityId",
    "Instant",
    "PositiveMinor",
    "Text",
    "minor_units",
    "utc_text",
]

MAX_MINOR: Final = 10**15
"""Largest amount of one event, minor units: thousands of such amounts still add up inside 64 bits."""

# ISO 4217, active codes of money in use, with their minor-unit exponents.
_EXPONENT_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_3 = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENT_2 = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED
VES WST XCD YER ZAR ZMW ZWG
"""
CURRENCY_EXPONENTS: Final[dict[str, int]] = {
    code: exponent
    for exponent, codes in ((0, _EXPONENT_0), (2, _EXPONENT_2), (3, _EXPONENT_3))
    for code in codes.split()
}
"""ISO 4217 code -> number of decimals of its minor unit."""


def _known_currency(code: str) -> str:
    if code not in CURRENCY_EXPONENTS:
        raise ValueError(f"unknown currency {code!r}: an active ISO 4217 code is expected")
    return code


def minor_units(major: int, hundredths: int, currency: str) -> int:
    """`major`.`hundredths` of `currency` as integer minor units (100.50 CZK -> 10050, JPY -> 100)."""
    scale: int = 10 ** CURRENCY_EXPONENTS[currency]
    return (major * 100 + hundredths) * scale // 100


CustomerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
EntityId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,63}$")]
Currency = Annotated[
    str,
    Field(json_schema_extra={"enum": sorted(CURRENCY_EXPONENTS)}),
    AfterValidator(_known_currency),
]
AmountMinor = Annotated[int, Field(ge=-MAX_MINOR, le=MAX_MINOR)]
PositiveMinor = Annotated[int, Field(gt=0, le=MAX_MINOR)]
Text = Annotated[str, Field(max_length=4000)]
Instant = AwareDatetime
Day = date


class Contract(BaseModel):
    """Base of every public model: immutable, strictly typed, tolerant of fields it does not know yet."""

    # What c360 writes states every field, so the schema of what it publishes requires those with a default too.
    model_config = ConfigDict(
        frozen=True, strict=True, extra="ignore", json_schema_serialization_defaults_required=True
    )


def utc_text(instant: datetime) -> str:
    """RFC 3339 in UTC with a trailing Z; microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat()[:-6] + "Z"

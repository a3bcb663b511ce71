"""The declared transformations of a mapping: each takes a value (and its row) to the next value.

In YAML a step is a mapping with one verb: `{pad: 8}`, `{date: "%d.%m.%Y"}`, `{minor_units: CZK}`.
"""

import calendar
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from connectors.sources.amounts import minor_of, whole_of
from connectors.sources.errors import Reason, Refused
from connectors.sources.rows import Row
from schemas.base import CURRENCY_EXPONENTS, Day

__all__ = ["Step", "add_months", "shift_years"]

_AnyDay = TypeVar("_AnyDay", bound=Day)
"""A day, or an instant."""
_BIRTH_NUMBER: Final = re.compile(r"[0-9]{6}")
_ADJACENT_DIRECTIVES: Final = re.compile(r"%[a-zA-Z]%[a-zA-Z]")


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def columns(self) -> set[str]:
        """The columns it reads besides the value it is given."""
        return set()

    def apply(self, value: Any, row: Row, /) -> Any:
        """The next value; raises Refused when this one can't be taken there."""
        raise NotImplementedError


class Pad(_Step):
    """Zeros in front, up to so many characters."""

    pad: Annotated[int, Field(ge=1, le=64)]

    def apply(self, value: Any, _row: Row, /) -> str:
        return str(value).rjust(self.pad, "0")


class Prefix(_Step):
    """Text in front."""

    prefix: str

    def apply(self, value: Any, _row: Row, /) -> str:
        return f"{self.prefix}{value}"


class Suffix(_Step):
    """Text behind."""

    suffix: str

    def apply(self, value: Any, _row: Row, /) -> str:
        return f"{value}{self.suffix}"


class Integer(_Step):
    """Text of digits to a whole number."""

    integer: Literal[True]

    def apply(self, value: Any, _row: Row, /) -> int:
        return whole_of(value)


class DateFormat(_Step):
    """Text to a day, by a `strptime` format; two-digit years 69-99 are 19xx, 00-68 are 20xx."""

    date: str

    @field_validator("date")
    @classmethod
    def _is_a_date_format(cls, text: str) -> str:
        return _usable_format(text)

    def apply(self, value: Any, _row: Row, /) -> Day:
        return _instant(str(value), self.date).date()


class InstantFormat(_Step):
    """Text to an instant, by a `strptime` format, read in `zone` where the text names no offset."""

    instant: str
    zone: str = "UTC"

    @field_validator("instant")
    @classmethod
    def _is_an_instant_format(cls, text: str) -> str:
        return _usable_format(text)

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is no IANA time zone such as Europe/Prague") from error
        return name

    def apply(self, value: Any, _row: Row, /) -> datetime:
        instant = _instant(str(value), self.instant)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ZoneInfo(self.zone))
        try:
            return instant.astimezone(UTC)
        except OverflowError:
            raise Refused(Reason.IMPOSSIBLE_DATE, f"{value!r} is outside the calendar in UTC") from None


class BirthNumber(_Step):
    """A Czech or Slovak birth number, `yymmdd` with 50 more in the month of women, to the day, in the century given."""

    birth_number: Annotated[int, Field(ge=1800, le=2000, multiple_of=100)]

    def apply(self, value: Any, _row: Row, /) -> Day:
        text = str(value)
        try:
            if _BIRTH_NUMBER.fullmatch(text) is None:
                raise ValueError
            year, month, day = (int(text[place : place + 2]) for place in (0, 2, 4))
            return Day(self.birth_number + year, month - 50 if month > 50 else month, day)
        except ValueError:
            raise Refused(Reason.IMPOSSIBLE_DATE, f"{text!r} is no birth number of the form yymmdd") from None


class ShiftYears(_Step):
    """A day or an instant so many years later; 29 February becomes the 28th where there is none."""

    shift_years: Annotated[int, Field(ge=-400, le=400)]

    def apply(self, value: Any, _row: Row, /) -> Day:
        return shift_years(_day(value, "shift_years"), self.shift_years)


class AddMonths(_Step):
    """A day or an instant so many months later (a number, or the column that holds it), clamped to the month's end."""

    add_months: int | str

    def columns(self) -> set[str]:
        return {self.add_months} if isinstance(self.add_months, str) else set()

    def apply(self, value: Any, row: Row, /) -> Day:
        day = _day(value, "add_months")
        if isinstance(self.add_months, int):
            return add_months(day, self.add_months)
        try:
            return add_months(day, _months(row[self.add_months]))
        except Refused as refused:
            raise Refused(refused.reason, refused.detail, self.add_months) from refused


class MapTo(_Step):
    """One of a list of values to another; any other value is refused, or becomes `otherwise`."""

    map: dict[str, str | int | bool]
    otherwise: str | int | bool | None = None

    def apply(self, value: Any, _row: Row, /) -> str | int | bool:
        found = self.map.get(str(value), self.otherwise)
        if found is None:
            raise Refused(Reason.UNKNOWN_VALUE, f"{value!r} is none of {', '.join(map(repr, self.map))}")
        return found


class MinorUnits(_Step):
    """Text of an amount to integer minor units of a currency, exactly; a fraction of a minor unit is refused."""

    minor_units: str
    """An ISO 4217 code, or the column that holds one."""
    decimal_mark: Literal[".", ","] = "."
    group_mark: Literal["", " ", ",", ".", "'", "\u00a0"] = ""

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.decimal_mark == self.group_mark:
            raise ValueError(f"decimal_mark and group_mark are both {self.group_mark!r}: they must differ")
        return self

    def columns(self) -> set[str]:
        return set() if self.minor_units in CURRENCY_EXPONENTS else {self.minor_units}

    def apply(self, value: Any, row: Row, /) -> int:
        exponent = CURRENCY_EXPONENTS.get(self.minor_units)
        if exponent is None:
            exponent = self._stated(row)
        return minor_of(str(value), exponent, self.decimal_mark, self.group_mark)

    def _stated(self, row: Row) -> int:
        code = row[self.minor_units]
        if code not in CURRENCY_EXPONENTS:
            detail = f"{code!r} is not an active ISO 4217 currency code"
            raise Refused(Reason.UNKNOWN_VALUE, detail, self.minor_units)
        return CURRENCY_EXPONENTS[code]


class SignBy(_Step):
    """The number with the sign another column tells: `negative` and `positive` list that column's values."""

    sign_by: str
    negative: list[str]
    positive: list[str]

    def columns(self) -> set[str]:
        return {self.sign_by}

    def apply(self, value: Any, row: Row, /) -> int:
        told = row[self.sign_by]
        if told in self.negative:
            return -abs(whole_of(value))
        if told in self.positive:
            return abs(whole_of(value))
        allowed = ", ".join(map(repr, [*self.positive, *self.negative]))
        raise Refused(Reason.UNKNOWN_VALUE, f"{told!r} is none of {allowed}", self.sign_by)


class Negated(_Step):
    """The number with the other sign."""

    negated: Literal[True]

    def apply(self, value: Any, _row: Row, /) -> int:
        return -whole_of(value)


def shift_years(day: _AnyDay, years: int) -> _AnyDay:
    """`day` so many years later, clamped to the month's end."""
    return add_months(day, 12 * years)


def add_months(day: _AnyDay, months: int) -> _AnyDay:
    """`day` so many months later, clamped to the month's end; Refused outside the years 1 to 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not Day.min.year <= year <= Day.max.year:
        raise Refused(Reason.IMPOSSIBLE_DATE, f"{months} months after {day} is outside the calendar")
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


@lru_cache(maxsize=8192)
def _instant(text: str, layout: str) -> datetime:
    try:
        parsed = datetime.strptime(text, layout)  # noqa: DTZ007  a day has no zone; an instant gets one
    except ValueError:
        raise Refused(Reason.IMPOSSIBLE_DATE, f"{text!r} is not a date of the form {layout}") from None
    # Without separators strptime takes '96078' for a date; only the full width is unambiguous.
    if _ADJACENT_DIRECTIVES.search(layout) and parsed.strftime(layout) != text:
        raise Refused(Reason.IMPOSSIBLE_DATE, f"{text!r} is not a date of the form {layout}")
    return parsed


def _months(value: Any) -> int:
    """None of it is negative: nothing falls due before it began."""
    months = whole_of(value)
    if months < 0:
        raise Refused(Reason.NOT_A_NUMBER, f"{months} is no number of months to come")
    return months


def _day(value: Any, verb: str) -> Day:
    if not isinstance(value, Day):
        raise Refused(
            Reason.INVALID, f"{verb} needs a day or an instant, so a step before it that reads one; {value!r} is none"
        )
    return value


def _usable_format(text: str) -> str:
    try:
        datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(text), text)  # noqa: DTZ007
    except ValueError as error:
        raise ValueError(f"{text!r} is no date format such as %Y-%m-%d: {error}") from error
    return text


_STEPS: Final[dict[str, type[_Step]]] = {
    "pad": Pad,
    "prefix": Prefix,
    "suffix": Suffix,
    "integer": Integer,
    "date": DateFormat,
    "instant": InstantFormat,
    "birth_number": BirthNumber,
    "shift_years": ShiftYears,
    "add_months": AddMonths,
    "map": MapTo,
    "minor_units": MinorUnits,
    "sign_by": SignBy,
    "negated": Negated,
}


def _verb(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((verb for verb in _STEPS if verb in value), None)
    return next((verb for verb, step in _STEPS.items() if isinstance(value, step)), None)


Step = Annotated[
    Annotated[Pad, Tag("pad")]
    | Annotated[Prefix, Tag("prefix")]
    | Annotated[Suffix, Tag("suffix")]
    | Annotated[Integer, Tag("integer")]
    | Annotated[DateFormat, Tag("date")]
    | Annotated[InstantFormat, Tag("instant")]
    | Annotated[BirthNumber, Tag("birth_number")]
    | Annotated[ShiftYears, Tag("shift_years")]
    | Annotated[AddMonths, Tag("add_months")]
    | Annotated[MapTo, Tag("map")]
    | Annotated[MinorUnits, Tag("minor_units")]
    | Annotated[SignBy, Tag("sign_by")]
    | Annotated[Negated, Tag("negated")],
    Discriminator(
        _verb,
        custom_error_type="unknown_step",
        custom_error_message=f"is no transformation: a mapping with one of {', '.join(_STEPS)} is expected",
    ),
]
"""One transformation of a mapping."""

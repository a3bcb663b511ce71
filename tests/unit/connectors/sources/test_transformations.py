from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.sources.errors import Reason, Refused
from connectors.sources.rows import Row
from connectors.sources.transformations import Step, add_months

STEP: TypeAdapter[Any] = TypeAdapter(Step)


def a_row(**values: Any) -> Row:
    return Row("file.csv", 1, 2, values)


def applied(step: dict[str, Any], value: Any, **others: Any) -> Any:
    return STEP.validate_python(step).apply(value, a_row(**others))


def refusal(step: dict[str, Any], value: Any, **others: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        applied(step, value, **others)
    return caught.value


@pytest.mark.parametrize(
    ("step", "value", "expected"),
    [
        ({"pad": 3}, "7", "007"),
        ({"pad": 3}, "1234", "1234"),
        ({"prefix": "M"}, "007", "M007"),
        ({"suffix": "/1"}, "A", "A/1"),
        ({"integer": True}, "000042", 42),
        ({"date": "%y%m%d"}, "960229", date(1996, 2, 29)),
        ({"date": "%m/%d/%Y"}, "7/29/2013", date(2013, 7, 29)),
        ({"birth_number": 1900}, "450204", date(1945, 2, 4)),
        ({"birth_number": 1900}, "406009", date(1940, 10, 9)),
        ({"birth_number": 2000}, "005229", date(2000, 2, 29)),
        ({"shift_years": 20}, date(1996, 2, 29), date(2016, 2, 29)),
        ({"shift_years": 1}, date(1996, 2, 29), date(1997, 2, 28)),
        ({"shift_years": -1}, date(1996, 2, 29), date(1995, 2, 28)),
        ({"add_months": 6}, date(2017, 8, 31), date(2018, 2, 28)),
        ({"add_months": -1}, date(2017, 1, 31), date(2016, 12, 31)),
        ({"map": {"a": "b", "1": 2}}, "a", "b"),
        ({"map": {"a": False}}, "a", False),
        ({"map": {"a": "b"}, "otherwise": "c"}, "x", "c"),
        ({"minor_units": "CZK"}, "96396", 9_639_600),
        ({"minor_units": "JPY"}, "96396", 96_396),
        ({"minor_units": "KWD"}, "1.5", 1_500),
        ({"negated": True}, 5, -5),
    ],
)
def test_a_step_leads_from_a_value_to_the_next(step: dict[str, Any], value: Any, expected: Any) -> None:
    assert applied(step, value) == expected


@pytest.mark.parametrize(
    "text", ["", "960230", "961301", "96078", "9607081", " 960708", "96070a", "19960708", "960229 00:00"]
)
def test_an_impossible_date_is_refused(text: str) -> None:
    refused = refusal({"date": "%y%m%d"}, text)
    assert refused.reason is Reason.IMPOSSIBLE_DATE
    assert refused.detail == f"{text!r} is not a date of the form %y%m%d"


@pytest.mark.parametrize(
    "text", ["", "45020", "4502041", "450204/123", "45020x", "451304", "456304", "450230", "450052"]
)
def test_what_is_no_birth_number_is_refused(text: str) -> None:
    refused = refusal({"birth_number": 1900}, text)
    assert refused.reason is Reason.IMPOSSIBLE_DATE
    assert refused.detail == f"{text!r} is no birth number of the form yymmdd"


def test_an_instant_is_read_in_its_zone_and_kept_in_utc() -> None:
    step = {"instant": "%Y-%m-%d %H:%M", "zone": "Europe/Prague"}
    assert applied(step, "2020-07-01 12:00") == datetime(2020, 7, 1, 10, tzinfo=UTC)
    assert applied({"instant": "%Y-%m-%dT%H:%M%z"}, "2020-07-01T12:00+0200") == datetime(2020, 7, 1, 10, tzinfo=UTC)


def test_an_instant_before_the_calendar_begins_in_utc_is_refused() -> None:
    refused = refusal({"instant": "%Y-%m-%d", "zone": "Europe/Prague"}, "0001-01-01")
    assert refused.reason is Reason.IMPOSSIBLE_DATE


def test_shifting_an_instant_keeps_its_time_of_day() -> None:
    noon = datetime(1996, 2, 29, 12, 30, tzinfo=UTC)
    assert applied({"shift_years": 1}, noon) == datetime(1997, 2, 28, 12, 30, tzinfo=UTC)


def test_shifting_a_text_says_what_is_missing() -> None:
    assert "a step before it that reads one" in refusal({"shift_years": 1}, "960229").detail


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2016, 1, 31), 1, date(2016, 2, 29)),
        (date(2015, 1, 31), 1, date(2015, 2, 28)),
        (date(2016, 2, 29), 12, date(2017, 2, 28)),
        (date(2016, 2, 29), 48, date(2020, 2, 29)),
        (date(2017, 12, 31), 2, date(2018, 2, 28)),
        (date(2017, 3, 31), 1, date(2017, 4, 30)),
        (date(2017, 3, 31), 0, date(2017, 3, 31)),
    ],
)
def test_months_are_clamped_to_the_months_end(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


def test_months_come_from_a_column_which_is_named_when_it_is_wrong() -> None:
    step = {"add_months": "term"}
    assert applied(step, date(2016, 1, 31), term="1") == date(2016, 2, 29)
    for term in ("", "six", "-3", "1.5", "999999999"):
        refused = refusal(step, date(2016, 1, 31), term=term)
        assert refused.column in ("term", None)
    assert refusal(step, date(2016, 1, 31), term="999999999").reason is Reason.IMPOSSIBLE_DATE


def test_the_sign_is_told_by_another_column() -> None:
    step = {"sign_by": "type", "positive": ["credit"], "negative": ["withdrawal", "withdrawal in cash"]}
    assert applied(step, 5, type="credit") == 5
    assert applied(step, -5, type="credit") == 5
    assert applied(step, 5, type="withdrawal in cash") == -5
    refused = refusal(step, 5, type="refund")
    assert (refused.reason, refused.column) == (Reason.UNKNOWN_VALUE, "type")
    assert refused.detail == "'refund' is none of 'credit', 'withdrawal', 'withdrawal in cash'"


@pytest.mark.parametrize("step", [{"negated": True}, {"sign_by": "type", "positive": ["credit"], "negative": []}])
def test_a_sign_on_what_is_no_number_refuses_the_row_and_does_not_break_off(step: dict[str, Any]) -> None:
    assert refusal(step, "12.50", type="credit").reason is Reason.NOT_A_NUMBER


def test_an_unknown_value_is_refused_with_those_that_are_known() -> None:
    assert refusal({"map": {"a": "b"}}, "x").detail == "'x' is none of 'a'"


def test_the_currency_may_stand_in_a_column() -> None:
    assert applied({"minor_units": "ccy"}, "1.5", ccy="EUR") == 150
    refused = refusal({"minor_units": "ccy"}, "1.5", ccy="EURO")
    assert (refused.reason, refused.column) == (Reason.UNKNOWN_VALUE, "ccy")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"padding": 3}, "is no transformation: a mapping with one of pad, prefix"),
        ("pad", "is no transformation"),
        ({"pad": 0}, "greater than or equal to 1"),
        ({"pad": "3"}, "valid integer"),
        ({"date": "%Q"}, "is no date format such as %Y-%m-%d"),
        ({"instant": "%Y", "zone": "Prague"}, "'Prague' is no IANA time zone such as Europe/Prague"),
        ({"minor_units": "EUR", "decimal_mark": ",", "group_mark": ","}, "they must differ"),
        ({"minor_units": "EUR", "decimal_mark": ";"}, "Input should be '.' or ','"),
        ({"pad": 3, "prefix": "M"}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_step_is_told_with_what_is_allowed(step: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        STEP.validate_python(step)
    assert said in str(caught.value)

import pytest

from connectors.sources.amounts import minor_of, whole_of
from connectors.sources.errors import Reason, Refused


@pytest.mark.parametrize(
    ("text", "exponent", "minor"),
    [
        ("700.00", 2, 70_000),
        ("-0.5", 2, -50),
        ("+1", 2, 100),
        ("0.10", 2, 10),
        ("007", 0, 7),
        ("1.2340000", 3, 1_234),
        ("5.00", 0, 5),
        ("-0.00", 2, 0),
    ],
)
def test_an_amount_becomes_whole_minor_units_exactly(text: str, exponent: int, minor: int) -> None:
    assert minor_of(text, exponent) == minor


@pytest.mark.parametrize(
    "text", ["", "abc", "1e5", "1.", ".5", "1,5", "1 000", " 1", "1\n", "0x10", "nan", "--1", "\u0661"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        minor_of(text, 2)
    assert caught.value.reason is Reason.NOT_A_NUMBER
    assert repr(text) in caught.value.detail


@pytest.mark.parametrize(("text", "exponent"), [("1.001", 2), ("0.5", 0), ("1." + "0" * 40 + "1", 2)])
def test_a_fraction_of_a_minor_unit_is_refused_and_never_rounded(text: str, exponent: int) -> None:
    with pytest.raises(Refused, match=f"more than {exponent} decimals"):
        minor_of(text, exponent)


def test_more_digits_than_64_bits_hold_are_refused() -> None:
    for digits in (20, 6_000):
        with pytest.raises(Refused, match=f"{digits} digits is more than any account holds"):
            minor_of("9" * digits, 2)


@pytest.mark.parametrize(
    ("text", "decimal", "group", "minor"),
    [("1.234.567,89", ",", ".", 123_456_789), ("1234567,89", ",", ".", 123_456_789), ("1 000,5", ",", " ", 100_050)],
)
def test_marks_are_those_declared(text: str, decimal: str, group: str, minor: int) -> None:
    assert minor_of(text, 2, decimal, group) == minor


@pytest.mark.parametrize(
    ("text", "decimal", "group"),
    [("12,34", ".", ","), ("1.50", ",", ""), ("1.50", ",", "."), ("1,234,56", ".", ","), ("1234,567", ".", ",")],
)
def test_a_mark_that_may_mean_the_other_thing_is_refused_and_not_guessed(text: str, decimal: str, group: str) -> None:
    with pytest.raises(Refused):
        minor_of(text, 2, decimal, group)


@pytest.mark.parametrize("value", ["", "1.0", "x", "1_000", "9" * 19, None, True])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(Refused, match="is not a whole number"):
        whole_of(value)


def test_leading_zeros_do_not_matter_to_a_whole_number() -> None:
    assert whole_of("000002") == 2

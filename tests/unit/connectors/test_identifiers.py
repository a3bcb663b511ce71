"""Forms of identifiers made equal, hashed, and never readable in what becomes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.identifiers import IdentifierKind, Identifiers, folded_name, name_starts, normal_form, same_phone

IDENTIFIERS = Identifiers(b"sixteen bytes or more")


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (IdentifierKind.PHONE, "+420 603 123 456", "603123456"),
        (IdentifierKind.PHONE, "00420 603-123-456", "0603 123 456"),
        (IdentifierKind.PHONE, "+86 138 1234 5678", "１３８１２３４５６７８"),  # noqa: RUF001
        (IdentifierKind.DOCUMENT, "ab-12 34/x", "AB1234X"),
        (IdentifierKind.ORGANISATION, "９１３１-0000", "91310000"),  # noqa: RUF001
        (IdentifierKind.ACCOUNT, " 1234 ", "1234"),
    ],
)
def test_equal_forms_have_equal_hashes(kind: IdentifierKind, one: str, other: str) -> None:
    assert IDENTIFIERS.of(kind, one) == IDENTIFIERS.of(kind, other)


def test_a_hash_tells_kind_and_secret_apart_and_nothing_else() -> None:
    hashes = {IDENTIFIERS.of(kind, "603123456") for kind in IdentifierKind}
    assert len(hashes) == len(IdentifierKind)
    assert Identifiers(b"another secret, as long").of(IdentifierKind.PHONE, "603123456") not in hashes
    assert all(digest is not None and "603123456" not in digest for digest in hashes)


def test_what_has_nothing_of_an_identifier_has_no_hash() -> None:
    assert IDENTIFIERS.of(IdentifierKind.PHONE, "+000") is None
    assert IDENTIFIERS.of(IdentifierKind.DOCUMENT, "-/-") is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes, it has 4"):
        Identifiers(b"1234")


def test_phones_of_two_countries_with_one_ending_are_told_apart() -> None:
    assert normal_form(IdentifierKind.PHONE, "13812345678") == normal_form(IdentifierKind.PHONE, "15812345678")
    assert not same_phone("13812345678", "15812345678")
    assert same_phone("+8613812345678", "013812345678")
    assert not same_phone("", "")


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("Jana Nováková-Svobodová", ["jana novakova-svobodova", "novakova-svobodova", "svobodova"]),
        ("王小明", ["王小明", "小明", "明"]),
        ("北京某某有限公司", ["北京某某有限公司", "京某某有限公司", "某某有限公司", "某有限公司"]),
        ("홍길동", ["홍길동"]),
        ("ＡＢＣ  Straße", ["abc strasse", "strasse"]),  # noqa: RUF001
        ("--", []),
    ],
)
def test_a_name_may_be_begun_at_its_words_and_at_chinese_characters(name: str, starts: list[str]) -> None:
    assert name_starts(name) == starts


@given(st.text(max_size=80))
def test_folding_a_name_is_bounded_and_final(name: str) -> None:
    folded = folded_name(name)
    assert len(folded) <= 64
    assert "\0" not in folded or "\0" in name
    assert all(folded.endswith(start) for start in name_starts(name))

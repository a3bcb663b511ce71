"""The reference file as a person writes it."""

from pathlib import Path

import pytest

from ops.errors import OperatorError
from ops.reference import DEFAULT_REFERENCE_FILE
from ops.reference_changes import reference_file
from schemas.alerts import COMPLAINTS_DESK, CUSTOMER_DESK

BRANCH = "branches: [{id: B1, name: Town"


def test_the_file_shipped_is_whole_and_names_the_desks() -> None:
    file = reference_file(DEFAULT_REFERENCE_FILE)
    assert {entry.id for entry in file.departments} == {COMPLAINTS_DESK, CUSTOMER_DESK}
    assert [calendar.id for calendar in file.calendars] == ["default"]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "bank.yaml").write_text("")
    assert reference_file(tmp_path / "bank.yaml").entries == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "should be a YAML document in UTF-8"),
        ("- 1", "should be"),
        ("towns: []", "towns is not a name known here"),
        (f"{BRANCH}, heat: M1}}]", "branches[0].heat is not a name known here"),
        ("branches: [{id: B1}]", "branches[0].name is missing"),
        (f"{BRANCH}, head: M1}}]", "branch B1: its head 'M1' is no manager of this file"),
        (f"{BRANCH}, parent: B1}}]", "branch B1: is above itself, by way of B1"),
        (f"{BRANCH}}}, {{id: B1, name: x}}]", "two entries share branch B1: each may stand once"),
        ("calendars: [{id: c, yearly: [02-30]}]", "yearly: '02-30' should be a month and a day, as 12-25"),
        ("calendars: [{id: c, weekend: [1, 2, 3, 4, 5, 6, 7]}]", "so nobody would ever work"),
        ("calendars: [{id: c, holidays: [soon]}]", "calendars[0].holidays[0]"),
        ("calendars: [{id: c, holidays: [2026-02-30]}]", "bank.yaml: should be a YAML document"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "bank.yaml"
    file.write_text(text)
    with pytest.raises(OperatorError) as error:
        reference_file(file)
    assert said in error.value.message
    assert "bank.yaml" in error.value.message


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="should be a readable file"):
        reference_file(tmp_path / "absent.yaml")

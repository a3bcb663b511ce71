"""The contracts as files: kept up to date, and guarded."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.contracts.catalogue import CATALOGUE, SECTIONS
from ops.contracts.folder import SCHEMAS, generate, incompatible, out_of_date, release
from schemas import views
from schemas.alerts import AlertKind
from schemas.payloads import PAYLOADS


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A copy of the committed contracts, free to be spoiled."""
    for name in ("generated", "released"):
        shutil.copytree(SCHEMAS / name, tmp_path / name)
    return tmp_path


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def _check(schemas: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["schemas", "check", "--schemas", str(schemas)])
    return done.exit_code, done.output


def test_the_committed_contracts_are_up_to_date_and_break_nothing_released() -> None:
    assert out_of_date(SCHEMAS) == []
    assert incompatible(SCHEMAS) == []
    exit_code, output = _check(SCHEMAS)
    assert exit_code == 0
    assert output == f"{len(CATALOGUE)} contracts are up to date and break nothing that was released.\n"


def test_every_section_and_every_kind_of_alert_has_a_contract() -> None:
    named = {getattr(views, name) for name in views.__all__ if name.endswith("Section")}
    assert set(SECTIONS.values()) == named
    assert set(PAYLOADS) == set(AlertKind)


def test_a_changed_a_missing_and_a_surplus_file_are_each_out_of_date_until_generated(schemas: Path) -> None:
    _change(schemas / "generated/json/alert.json", "Alert", "Alarm")
    (schemas / "generated/asyncapi.json").unlink()
    (schemas / "generated/json/account.merged.json").write_text("{}")
    stale = [
        "schemas/generated/asyncapi.json",
        "schemas/generated/json/account.merged.json",
        "schemas/generated/json/alert.json",
    ]
    exit_code, output = _check(schemas)
    assert exit_code == 1
    said = "is out of date: run `c360 schemas generate` and commit what it changes."
    assert output.splitlines() == [f"{name} {said}" for name in stale]
    assert generate(schemas) == stale
    assert _check(schemas)[0] == 0


def test_files_end_with_a_newline_and_keep_their_keys_sorted() -> None:
    for file in (SCHEMAS / "generated/json").iterdir():
        text = file.read_text("utf-8")
        content = json.loads(text)
        assert text.endswith("}\n")
        assert list(content) == sorted(content)


def test_a_released_field_that_is_gone_is_told_with_file_field_and_rule(schemas: Path) -> None:
    _change(schemas / "released/json/section.account.json", '"balance_minor": {', '"available_minor": {')
    exit_code, output = _check(schemas)
    assert exit_code == 1
    first, last = output.splitlines()
    assert first == "section.account.json: available_minor: the field was removed, and consumers read it."
    assert "schemas/README.md" in last


def test_an_event_that_needs_more_than_was_released_is_told(schemas: Path) -> None:
    released = schemas / "released/json/account.closed.json"
    content = json.loads(released.read_text("utf-8"))
    content["required"].remove("closed_on")
    released.write_text(json.dumps(content), "utf-8")
    assert incompatible(schemas) == [
        "account.closed.json: closed_on: the field is newly required, and producers may not send it."
    ]


def test_an_event_type_that_is_gone_is_told(schemas: Path) -> None:
    shutil.copy(schemas / "released/json/account.closed.json", schemas / "released/json/account.merged.json")
    assert incompatible(schemas) == [
        "account.merged.json: the contract was removed, and others may still produce or consume it."
    ]


def test_a_released_file_that_is_no_json_is_told_without_a_stack_trace(schemas: Path) -> None:
    (schemas / "released/json/alert.json").write_text("<<<<<<< ours")
    exit_code, output = _check(schemas)
    assert exit_code == 1
    assert "schemas/released/json/alert.json is no JSON" in output
    assert "Traceback" not in output


def test_without_released_contracts_the_check_fails_in_words(schemas: Path) -> None:
    shutil.rmtree(schemas / "released")
    exit_code, output = _check(schemas)
    assert exit_code == 1
    assert output == "There are no released contracts to compare with: restore schemas/released with git.\n"


def test_a_release_copies_what_changed_and_takes_away_what_ended(schemas: Path) -> None:
    release(schemas)
    _change(schemas / "released/json/alert.json", "Alert", "Alarm")
    (schemas / "released/json/account.merged.json").write_text("{}")
    (schemas / "released/json/account.opened.json").unlink()
    assert release(schemas) == ["account.merged", "account.opened", "alert"]
    assert release(schemas) == []
    assert incompatible(schemas) == []


def test_a_breaking_release_has_to_be_asked_for(schemas: Path) -> None:
    release(schemas)
    (schemas / "released/json/account.merged.json").write_text("{}")
    command = ["schemas", "release", "--schemas", str(schemas)]
    refused = CliRunner().invoke(app, command)
    assert "Nothing is released" in str(refused.exception)
    assert (schemas / "released/json/account.merged.json").exists()
    done = CliRunner().invoke(app, [*command, "--breaking"])
    assert done.output == "released account.merged\n"


def test_the_first_release_needs_nothing_before_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["schemas", "release", "--schemas", str(tmp_path)])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) == len(CATALOGUE)

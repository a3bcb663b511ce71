"""The secret of the indexes: of the settings, or one kept in the home."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from ops.errors import OperatorError
from ops.index_key import identifiers_of
from ops.settings import load_settings


def test_a_home_makes_its_secret_once_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = identifiers_of(load_settings(home=home))
    assert identifiers_of(load_settings(home=home)).fingerprint == made.fingerprint
    assert [file.name for file in home.iterdir()] == ["index.key"]
    assert (home / "index.key").stat().st_mode & 0o777 == 0o600
    assert identifiers_of(load_settings(home=tmp_path / "other")).fingerprint != made.fingerprint


def test_the_setting_comes_first_and_is_never_shown(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", index_key=SecretStr("sixteen characters"))
    identifiers_of(settings)
    assert not (tmp_path / "home").exists()
    assert "sixteen" not in repr(settings)


def test_a_home_that_can_not_keep_it_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match="Set C360_INDEX_KEY"):
        identifiers_of(load_settings(home=tmp_path / "file" / "home"))

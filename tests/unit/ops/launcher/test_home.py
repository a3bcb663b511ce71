"""The home folder: fresh data at every start, and nobody else's files touched."""

from pathlib import Path

import pytest

from ops.errors import OperatorError
from ops.launcher.home import fresh_data


def test_what_an_earlier_start_left_is_gone(tmp_path: Path) -> None:
    (fresh_data(tmp_path) / "kafka").mkdir()
    assert not (fresh_data(tmp_path) / "kafka").exists()


def test_a_folder_with_files_of_others_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    thesis = tmp_path / "data" / "thesis.txt"
    thesis.write_text("years of work")
    with pytest.raises(OperatorError, match="did not write"):
        fresh_data(tmp_path)
    assert thesis.read_text() == "years of work"

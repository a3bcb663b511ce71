from pathlib import Path

import pytest

from ops.demo.source_folder import FASTEST, REPLAY_SECONDS, SLOWEST, choose_folder, data_rows, rate_for
from ops.errors import OperatorError


def a_source(folder: Path) -> Path:
    for name in ("berka", "cfpb"):
        (folder / name).mkdir(parents=True)
        (folder / name / "rows.csv").write_text("head\n1\n2\n")
    return folder


def test_the_folder_given_is_taken(tmp_path: Path) -> None:
    given = a_source(tmp_path / "given")
    a_source(tmp_path / "shared" / "data")
    assert choose_folder(given, tmp_path / "checkout") == given


def test_a_folder_given_that_lacks_a_source_says_which(tmp_path: Path) -> None:
    (tmp_path / "berka").mkdir()
    with pytest.raises(OperatorError, match="does not hold the folder cfpb"):
        choose_folder(tmp_path, tmp_path)


def test_the_shared_data_beside_the_checkout_comes_before_the_shipped_copy(tmp_path: Path) -> None:
    shared = a_source(tmp_path / "shared" / "data")
    a_source(tmp_path / "checkout" / "tests" / "data")
    assert choose_folder(None, tmp_path / "checkout") == shared


def test_without_shared_data_the_shipped_copy_is_taken(tmp_path: Path) -> None:
    shipped = a_source(tmp_path / "checkout" / "tests" / "data")
    assert choose_folder(None, tmp_path / "checkout") == shipped


def test_with_nothing_to_replay_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"neither \.\./shared/data nor tests/data"):
        choose_folder(None, tmp_path / "checkout")


def test_this_checkout_ships_something_to_replay() -> None:
    checkout = Path(__file__).parents[4]
    assert data_rows(checkout / "tests" / "data") > 1_000


def test_rows_are_the_lines_of_all_files(tmp_path: Path) -> None:
    assert data_rows(a_source(tmp_path)) == 6


def test_a_replay_takes_about_half_a_minute_within_what_eyes_and_brokers_bear() -> None:
    assert rate_for(24_000) == 24_000 / REPLAY_SECONDS
    assert rate_for(10) == SLOWEST
    assert rate_for(10_000_000) == FASTEST

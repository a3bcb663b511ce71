"""A peer is built once for each version of its files, and half of one is never taken for the whole."""

from pathlib import Path

import pytest

from ops.bench.peers.building import _made, _run
from ops.errors import OperatorError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.write_text("version 1")
    return source


def _make(folder: Path) -> None:
    (folder / "made").touch()


def _never(_folder: Path) -> None:
    raise AssertionError("built again")


def test_what_is_built_is_taken_from_the_cache_until_its_files_change(tmp_path: Path, source: Path) -> None:
    built = _made(tmp_path / "cache", "peer", [source], _make)
    assert (built / "made").exists()
    assert _made(tmp_path / "cache", "peer", [source], _never) == built
    source.write_text("version 2")
    assert _made(tmp_path / "cache", "peer", [source], _make) != built


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, source: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OperatorError("no compiler")

    with pytest.raises(OperatorError, match="no compiler"):
        _made(tmp_path / "cache", "peer", [source], fail)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_command_that_fails_says_its_last_words_and_where_the_rest_is(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"sh said: no such jar \(all of it: .*peers-sh\.log\)"):
        _run("sh", ["sh", "-c", "echo no such jar; exit 1"], tmp_path, print)

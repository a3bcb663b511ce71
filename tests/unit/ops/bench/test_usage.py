"""What /proc tells of a process."""

import os
from pathlib import Path

import pytest

from ops.bench.usage import Usage, usage_of, used_since

TICK = os.sysconf("SC_CLK_TCK")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "42"
    folder.mkdir()
    fields = ["S", *["0"] * 10, str(3 * TICK), str(2 * TICK), *["0"] * 20]
    (folder / "stat").write_text(f"42 (a b) c) {' '.join(fields)}\n")
    (folder / "status").write_text("Name:\tx\nVmHWM:\t  2048 kB\n")
    return tmp_path


def test_user_and_system_time_add_up_whatever_the_name_of_the_program(proc: Path) -> None:
    assert usage_of(42, proc) == Usage(5.0, 2.0)


def test_a_process_that_is_gone_has_used_nothing_to_tell(proc: Path) -> None:
    assert usage_of(43, proc) is None


def test_usage_in_between_keeps_the_peak() -> None:
    before, after = {"worker": Usage(1.0, 50.0)}, {"worker": Usage(4.0, 60.0), "late": Usage(1.0, 1.0)}
    assert used_since(before, after) == {"worker": Usage(3.0, 60.0)}

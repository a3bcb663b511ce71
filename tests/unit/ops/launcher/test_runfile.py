"""The run file: found by other shells, never believed when it is stale."""

import os
import subprocess
import sys
from pathlib import Path

from ops.launcher.capabilities import Capabilities
from ops.launcher.runfile import NAME, ProcessId, RunFile, read_run, remove_run, started, write_run


def a_run(owner: ProcessId) -> RunFile:
    return RunFile(
        owner=owner,
        kafka_bootstrap="127.0.0.1:1",
        kafka_tier="embedded",
        redis_url="redis://127.0.0.1:2",
        redis_tier="embedded",
        capabilities=Capabilities(transactions=False, read_committed=False, idempotence=True, latest_exact=False),
        metrics_ports={"worker": 3},
    )


def test_what_is_written_is_read_while_its_owner_lives(tmp_path: Path) -> None:
    run = a_run(ProcessId.of(os.getpid()))
    write_run(tmp_path / "home", run)
    assert read_run(tmp_path / "home") == run


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    write_run(tmp_path, a_run(ProcessId.of(os.getpid())))
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_nothing_runs_where_no_file_is_or_a_removed_one_was(tmp_path: Path) -> None:
    assert read_run(tmp_path) is None
    write_run(tmp_path, a_run(ProcessId.of(os.getpid())))
    remove_run(tmp_path)
    remove_run(tmp_path)
    assert read_run(tmp_path) is None


def test_a_file_whose_owner_has_ended_is_stale(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    write_run(tmp_path, a_run(ProcessId.of(process.pid)))
    assert read_run(tmp_path) is not None
    process.communicate(b"\n")
    assert read_run(tmp_path) is None


def test_another_process_with_the_owners_number_is_not_the_owner(tmp_path: Path) -> None:
    write_run(tmp_path, a_run(ProcessId(pid=os.getpid(), started="long ago")))
    assert read_run(tmp_path) is None


def test_a_torn_file_is_taken_as_none(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"owner": ')
    assert read_run(tmp_path) is None


def test_a_process_that_has_ended_but_not_been_waited_for_does_not_run() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert started(process.pid) is None
    process.communicate()

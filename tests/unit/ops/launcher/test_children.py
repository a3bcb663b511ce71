"""Children: what they say is logged, and none is left, however their starter ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.launcher.children import start_child
from ops.launcher.runfile import started
from ops.launcher.service import Unavailable
from tests.support.waiting import eventually

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
# Ignores a polite request, says when it is deaf, and has a child of its own.
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)\n",
]


def said(log: Path) -> str:
    return log.read_text()


def test_a_child_runs_until_it_is_stopped_and_its_words_are_in_the_log(tmp_path: Path) -> None:
    child = start_child("sleeper", SLEEPER, log=tmp_path / "logs" / "sleeper.log")
    eventually(lambda: said(child.log) == "up\n")
    assert child.alive()
    assert child.stop() == 128 + signal.SIGTERM
    assert started(child.pid) is None
    assert child.stop() == 128 + signal.SIGTERM


def test_a_childs_exit_code_is_its_own(tmp_path: Path) -> None:
    child = start_child("three", [sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "log")
    assert child.wait(60) == 3
    assert child.stop() == 3


def test_a_deaf_child_is_killed_with_its_children_after_its_grace(tmp_path: Path) -> None:
    child = start_child("stubborn", STUBBORN, log=tmp_path / "log", grace=0.1)
    grandchild = int(eventually(lambda: said(child.log)))
    assert child.stop() == 128 + signal.SIGKILL
    eventually(lambda: started(grandchild) is None)


def test_a_killed_child_is_gone_at_once(tmp_path: Path) -> None:
    child = start_child("sleeper", SLEEPER, log=tmp_path / "log")
    child.kill()
    assert started(child.pid) is None
    assert not child.alive()


def test_a_frozen_child_lives_and_can_be_stopped(tmp_path: Path) -> None:
    child = start_child("sleeper", SLEEPER, log=tmp_path / "log")
    child.send(signal.SIGSTOP)
    assert child.alive()
    assert child.stop() == 128 + signal.SIGTERM


def test_a_program_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"Ghost could not be started: .*no-such-program"):
        start_child("Ghost", [tmp_path / "no-such-program"], log=tmp_path / "log")


def test_a_child_that_does_not_end_in_time_is_a_timeout(tmp_path: Path) -> None:
    child = start_child("sleeper", SLEEPER, log=tmp_path / "log")
    with pytest.raises(TimeoutError, match="sleeper still runs"):
        child.wait(0.01)
    child.kill()


STARTER = """
import sys, time
from pathlib import Path
from ops.launcher.children import start_child
children = [start_child("one", {sleeper!r}, log=Path({folder!r}, "one.log"), grace=0.1),
            start_child("two", {stubborn!r}, log=Path({folder!r}, "two.log"), grace=0.1)]
print(*(child.pid for child in children), *(child._guard.pid for child in children), flush=True)
time.sleep(600)
"""


@pytest.fixture
def starter(tmp_path: Path) -> subprocess.Popen[str]:
    program = STARTER.format(sleeper=SLEEPER, stubborn=STUBBORN, folder=str(tmp_path))
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def pids_of(starter: subprocess.Popen[str]) -> list[int]:
    assert starter.stdout is not None
    return [int(pid) for pid in starter.stdout.readline().split()]


def test_no_child_outlives_a_starter_killed_with_9(starter: subprocess.Popen[str], tmp_path: Path) -> None:
    pids = pids_of(starter)
    grandchild = int(eventually(lambda: said(tmp_path / "two.log")))
    starter.kill()
    starter.communicate()
    eventually(lambda: not [pid for pid in (*pids, grandchild) if started(pid)])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_no_child_outlives_its_own_guard(starter: subprocess.Popen[str]) -> None:
    one, _two, guard_of_one, _ = pids_of(starter)
    os.kill(guard_of_one, signal.SIGKILL)
    eventually(lambda: started(one) is None)
    starter.kill()
    starter.communicate()

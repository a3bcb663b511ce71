"""What keeps several API processes from starting is said before any does."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ops.api_processes import free_port, run_processes
from ops.errors import OperatorError
from ops.settings import load_settings


def test_the_development_issuer_goes_with_one_process() -> None:
    with pytest.raises(OperatorError, match="set C360_API_WORKERS to 1"):
        run_processes(load_settings(api_workers=2, dev_issuer=True))


def test_a_wrong_file_is_told_before_anything_is_started(tmp_path: Path) -> None:
    machines = tmp_path / "machines.yaml"
    machines.write_text("machines: [{name: crm}]")
    with pytest.raises(OperatorError, match=r"The machines file .*machines\.yaml"):
        run_processes(load_settings(api_workers=2, machines_file=machines))


def test_a_port_that_another_process_has_is_not_shared_with_it() -> None:
    # Also one that would let others of the same user share it.
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as another:
        port = another.getsockname()[1]
        with pytest.raises(OperatorError, match=f"port {port}: Address already in use"):
            free_port(load_settings(api_workers=2, api_port=port), within_s=0)


def test_processes_of_an_api_that_was_killed_are_given_time_to_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as another:
        port = another.getsockname()[1]
        threading.Timer(0.1, another.close).start()
        assert free_port(load_settings(api_workers=2, api_port=port), within_s=60) == port


def test_a_process_that_does_not_stop_when_its_parent_is_gone_is_ended() -> None:
    program = (
        "import signal, threading\n"
        "from ops.api_processes import end_with_parent\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "end_with_parent(within_s=0.1)\n"
        "threading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as orphan:
        assert orphan.stdin is not None
        orphan.stdin.close()
        assert orphan.wait(60) == 1

"""What keeps several API processes from starting is said before any does."""

import socket
from pathlib import Path

import pytest

from ops.api_processes import run_processes
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


def test_a_port_that_another_process_has_is_not_shared_with_it(tmp_path: Path) -> None:
    machines = tmp_path / "machines.yaml"
    machines.write_text("machines: []")
    # Also one that would let others of the same user share it.
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as another:
        port = another.getsockname()[1]
        with pytest.raises(OperatorError, match=f"port {port}: Address already in use"):
            run_processes(load_settings(api_workers=2, api_port=port, machines_file=machines))

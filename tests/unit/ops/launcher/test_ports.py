"""Free ports."""

import socket

from ops.launcher.ports import LOCALHOST, free_ports, is_free


def test_ports_are_different_and_free() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    assert all(is_free(port) for port in ports)


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server((LOCALHOST, 0)) as server:
        assert not is_free(server.getsockname()[1])

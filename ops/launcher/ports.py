"""Free ports on 127.0.0.1."""

import random
import socket

LOCALHOST = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections (32768 on Linux): a broker that is
# killed and started again finds its port still free.
FIRST, LAST = 20_000, 32_000
_random = random.SystemRandom()


def free_ports(count: int) -> list[int]:
    """So many different ports that are free now; another process may still take one before it is used."""
    found: list[int] = []
    while len(found) < count:
        port = _random.randint(FIRST, LAST)
        if port not in found and is_free(port):
            found.append(port)
    return found


def is_free(port: int) -> bool:
    """Whether nothing listens on the port."""
    with socket.socket() as attempt:
        # As servers do it: a port whose old connections linger in TIME_WAIT counts as free.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOCALHOST, port))
        except OSError:
            return False
    return True

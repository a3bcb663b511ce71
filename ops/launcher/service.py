"""What the launcher can start, stop and kill: a Kafka or a Redis of any tier."""

from typing import Protocol

from ops.errors import OperatorError


class Unavailable(OperatorError):
    """Something can't be started here after all; the ladder goes on to the next rung, if there is one."""


class Service(Protocol):
    """One Kafka or one Redis."""

    @property
    def address(self) -> str:
        """Where clients find it: `host:port[,host:port]` for Kafka, a URL for Redis."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of this machine that it consists of."""

    def start(self) -> None:
        """Start it, on the same address and with the same data if it ran before; it answers when this returns.

        Raises Unavailable.
        """

    def stop(self) -> None:
        """Stop it in an orderly way; nothing of it runs when this returns. May be repeated."""

    def kill(self) -> None:
        """End it at once, as a crash would."""


class External:
    """A Kafka or Redis that others run: it is found, never started, stopped or killed."""

    pids: tuple[int, ...] = ()

    def __init__(self, address: str) -> None:
        self._address = address

    @property
    def address(self) -> str:
        return self._address

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """It is left as it was found."""

    def kill(self) -> None:
        raise OperatorError(f"{self._address} was not started by c360, so it is not killed either.")

"""What the doors raise when what is behind them can't be used."""

from typing import NamedTuple

__all__ = ["Incompatible", "Refusal", "Unavailable", "WrongForm"]


class Refusal(NamedTuple):
    """What is wrong at a door, and what cures it; both without their full stop."""

    said: str
    cure: str
    definite: bool = True
    """False: a server that was just going away looks the same."""

    def __str__(self) -> str:
        return f"{self.said}: {self.cure}"


class Unavailable(Exception):
    """Kafka or Redis can't be used now; the message says which and why, for a person. Trying again is right."""

    def __init__(self, dependency: str, reason: str) -> None:
        super().__init__(f"{dependency} is not available: {reason}")
        self.dependency = dependency
        self.reason = reason


class Incompatible(Exception):
    """What stands in Redis was written by another version, or under another secret; the message says what to do."""


class WrongForm(ValueError):
    """What was asked for can't be the identifier it was given as; the message says what one looks like."""

"""What the doors raise when what is behind them can't be used."""

from typing import NamedTuple

__all__ = ["Incompatible", "NoSuchTopic", "Refusal", "Unavailable", "WrongForm"]


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

    def __init__(self, dependency: str, reason: str, where: str = "", *, is_told: bool = False) -> None:
        """`where`: its address. `is_told`: it stands in the log already."""
        super().__init__(f"{dependency}{where and f' at {where}'} is not available: {reason}")
        self.dependency = dependency
        self.reason = reason
        self.is_told = is_told


class NoSuchTopic(Unavailable):
    """Kafka answers, and lacks a topic."""

    def __init__(self, topic: str, where: str = "") -> None:
        super().__init__("kafka", f"it has no topic {topic}: run `c360 topics create`", where)
        self.topic = topic


class Incompatible(Exception):
    """What stands in Redis was written by another version, or under another secret; the message says what to do."""


class WrongForm(ValueError):
    """What was asked for can't be the identifier it was given as; the message says what one looks like."""

"""What the doors raise when what is behind them can't be used."""

__all__ = ["Incompatible", "Unavailable", "WrongForm"]


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

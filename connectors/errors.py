"""What the doors raise when what is behind them is not there."""

__all__ = ["Unavailable"]


class Unavailable(Exception):
    """Kafka or Redis can't be used now; the message says which and why, for a person. Trying again is right."""

    def __init__(self, dependency: str, reason: str) -> None:
        super().__init__(f"{dependency} is not available: {reason}")
        self.dependency = dependency
        self.reason = reason

"""Why somebody is not let in."""

__all__ = ["NotProved"]


class NotProved(Exception):
    """Who asks has not proved who he is; the message says why and what to do, and repeats nothing of what he sent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        """`missing`, `expired` or `invalid`."""

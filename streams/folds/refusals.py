"""Why an event is not folded."""

__all__ = ["Late", "Refused"]


class Refused(Exception):
    """The event contradicts what the view holds; its text says how, for a person."""


class Late(Exception):
    """An additive event is older than the window in which a repetition can be recognised."""

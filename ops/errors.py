"""Errors meant for the person at the command line."""


class OperatorError(Exception):
    """Something the operator can put right; its message says in a sentence or two what to do.

    `c360` prints it without a stack trace and exits with 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

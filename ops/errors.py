"""Errors meant for the person at the command line."""


class OperatorError(Exception):
    """Something the operator can put right; its message says in a sentence or two what to do.

    `c360` prints it without a stack trace and exits with 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(OperatorError):
    """Kafka or Redis does not let this process in, or not do what it must; `said` and `cure` are sentences."""

    def __init__(self, said: str, cure: str) -> None:
        super().__init__(f"{said}: {cure}.")
        self.said = f"{said}."
        self.cure = f"{cure[0].upper()}{cure[1:]}."

"""Pure rules: one alert kind per module."""

from datetime import datetime

from schemas.rules import RuleFile

__all__ = ["Rules"]


class Rules:
    """The rules in force, compiled: `Rules(rule_file, bank_timezone, raise_after)`."""

    def __init__(
        self, rule_file: RuleFile, bank_timezone: str = "UTC", raise_after: datetime | None = None
    ) -> None:
        self.rule_file = rule_file
        self.bank_timezone = bank_timezone
        self.raise_after = raise_after

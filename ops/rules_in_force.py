"""The alert rules that the settings name."""

from pathlib import Path
from typing import Final

from ops.errors import OperatorError
from ops.settings import Settings
from streams.rules import Rules
from streams.rules.load import BadRuleFile, load_rules

__all__ = ["DEFAULT_RULES", "rules_of"]

DEFAULT_RULES: Final = Path(__file__).parent / "rules" / "default.yaml"


def rules_of(settings: Settings) -> Rules:
    """The rules, compiled; OperatorError says what is wrong with their file."""
    try:
        rule_file = load_rules(settings.rules_file or DEFAULT_RULES)
    except BadRuleFile as error:
        raise OperatorError(str(error)) from error
    return Rules(rule_file, settings.bank_timezone, settings.raise_after)

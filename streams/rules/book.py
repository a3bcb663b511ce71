"""The rules of topic `alert-rules`: record by record, what is in force after each."""

from pydantic import ValidationError

from schemas.rules import Rule, RuleChange, RuleFile
from streams.rules.conditions import BadCondition, condition_of
from streams.rules.load import first_error

__all__ = ["RuleBook", "RuleRefused"]


class RuleRefused(ValueError):
    """A record that does not come into force; one sentence says what is wrong with it."""


class RuleBook:
    """The newest valid record of each rule. Every reader that took the same records holds the same rules.

    Each record is judged by itself and beside the rules that stand: so it does not matter in what portions they come.
    """

    def __init__(self) -> None:
        self._changes: dict[str, RuleChange] = {}

    def take(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """The next record; without a value it ends its rule. Raises RuleRefused: what stood before still stands."""
        rule_id = (key or b"").decode(errors="replace")
        changes = {known: change for known, change in self._changes.items() if known != rule_id}
        if value is not None:
            changes[rule_id] = _change(rule_id, value, offset)
            try:
                RuleFile(rules=_sorted(changes))
            except ValidationError as error:
                raise RuleRefused(f"rule {rule_id}: {first_error(error)}") from None
        self._changes = changes

    @property
    def rules(self) -> RuleFile:
        """All rules, in order of their ids, each with its version."""
        return RuleFile(rules=_sorted(self._changes))

    @property
    def changes(self) -> dict[str, RuleChange]:
        """Rule id -> the record in force."""
        return dict(self._changes)


def _change(rule_id: str, value: bytes, offset: int) -> RuleChange:
    try:
        change = RuleChange.model_validate_json(value)
    except ValidationError as error:
        raise RuleRefused(f"rule {rule_id}: {first_error(error)}") from None
    if change.rule.id != rule_id:
        raise RuleRefused(f"rule {rule_id}: the record holds the rule {change.rule.id}, so its key is wrong")
    if change.rule.when is not None:
        try:
            condition_of(change.rule.kind, change.rule.when)
        except BadCondition as error:
            raise RuleRefused(f"rule {rule_id}: rule.when: {error}") from None
    return change.model_copy(update={"rule": change.rule.model_copy(update={"version": offset})})


def _sorted(changes: dict[str, RuleChange]) -> list[Rule]:
    return [changes[rule_id].rule for rule_id in sorted(changes)]

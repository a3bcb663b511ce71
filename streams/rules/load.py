"""Rules as somebody wrote them, read and checked: a YAML file, or what a record of `alert-rules` holds."""

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from schemas.rules import Rule, RuleFile
from streams.rules.conditions import BadCondition, condition_of, names_known

__all__ = ["BadRuleFile", "first_error", "load_rules"]


class BadRuleFile(ValueError):
    """The rule file can't be used; one sentence says where, and what is allowed there."""


def load_rules(path: Path) -> RuleFile:
    """The rules of the file at `path`, a list under `rules` or one rule by itself; raises `BadRuleFile`."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise BadRuleFile(f"{path}: should be a readable file of rules: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadRuleFile(f"{path}: should be a text in UTF-8.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadRuleFile(f"{path}: should be a YAML document, {_where(error)}.") from error
    is_one = isinstance(document, dict) and "rules" not in document and "kind" in document
    try:
        rules = RuleFile.model_validate({"rules": [document]} if is_one else document)
    except ValidationError as error:
        raise BadRuleFile(f"{path}: {first_error(error).removeprefix('rules[0].' if is_one else '')}.") from error
    for number, rule in enumerate(rules.rules):
        place = f"{path}: " if is_one else f"{path}: rules[{number}]."
        if "version" in rule.model_fields_set:
            raise BadRuleFile(f"{place}version is not to be stated: c360 counts versions itself.")
        _expect_condition(place, rule)
    return rules


def _expect_condition(place: str, rule: Rule) -> None:
    if rule.when is None:
        return
    try:
        condition_of(rule.kind, rule.when)
    except BadCondition as error:
        known = f"a condition may name {', '.join(names_known(rule.kind))}"
        raise BadRuleFile(f"{place}when: {error}; {known}.") from None


class _Loader(yaml.SafeLoader):
    """YAML whose decimals stay texts, since money is never a float, and whose mappings name a key once."""


def _decimal_text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [str(key.value) for key, _ in node.value]
    doubled = next((key for key in keys if keys.count(key) > 1), None)
    if doubled is not None:
        raise yaml.constructor.ConstructorError(problem=f"{doubled} is stated twice", problem_mark=node.start_mark)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal_text)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it can't be read"
    return str(problem) if mark is None else f"{problem} in line {mark.line + 1}"


def first_error(invalid: ValidationError) -> str:
    """The first thing that is wrong, with its path in the document."""
    error = invalid.errors(include_url=False)[0]
    place, kind = _path(error["loc"]), error["type"]
    if kind == "value_error":
        return f"{place}: {error['ctx']['error']}"
    if kind == "union_tag_invalid":
        return f"{place}.kind should be one of {error['ctx']['expected_tags']}"
    if kind in _IN_WORDS:
        return f"{place}{_IN_WORDS[kind]}"
    message = error["msg"].replace("Input should", "should", 1)
    return f"{place} {message[0].lower()}{message[1:]}"


_IN_WORDS: Final = {
    "model_type": " should be a mapping of names to values",
    "dict_type": " should be a mapping of names to values",
    "model_attributes_type": " should be a mapping of names to values",
    "union_tag_not_found": ".kind is missing",
    "missing": " is missing",
    "extra_forbidden": " is not a name known here",
}


_ALTERNATIVES: Final = frozenset({"constrained-int", "tuple[constrained-int, ...]"})
"""What pydantic calls the ways in which a value may be written; nobody wrote that."""


def _path(loc: tuple[int | str, ...]) -> str:
    """The place as one reads it in the document: pydantic puts the kind of a rule between its number and its field."""
    kind = {"rules": 2, "rule": 1, "channels": 2}.get(str(loc[0])) if loc else None
    parts = [part for place, part in enumerate(loc) if place != kind and part not in _ALTERNATIVES]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "the document"

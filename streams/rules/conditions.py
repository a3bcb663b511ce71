"""Extra conditions of rules in CEL, such as `customer.vip && payload.amount_minor > 500000`.

An expression is checked against the types of what it may name before it is accepted, and its cost is bounded: its
length and depth are, it cannot loop, and its regular expressions take linear time.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from cel_expr_python import cel

from schemas.alerts import AlertKind
from schemas.payloads import PAYLOADS
from schemas.views import ProfileSection
from streams.rules.kind import Finding
from streams.view import Section

__all__ = ["MAX_LENGTH", "BadCondition", "Condition", "condition_of", "names_known", "under_condition"]

MAX_LENGTH: Final = 500
_LOOPS: Final = re.compile(r"\.\s*(all|exists|exists_one|existsOne|map|filter|transform\w*)\s*\(")
_TEXTS: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_PLACE: Final = re.compile(r"<input>:(\d+):(\d+): (.*)")
_CEL_TYPES: Final[dict[type, tuple[Any, object]]] = {
    str: (cel.Type.STRING, ""),
    bool: (cel.Type.BOOL, False),
    int: (cel.Type.INT, 0),
}
"""Python type -> CEL's, and what stands for a value that is not known."""


class BadCondition(ValueError):
    """An expression that can't be a condition; the message says where and why."""


class Condition:
    """A compiled expression over `customer.<field of the profile>` and `payload.<field of the alert's payload>`.

    What is not known of a customer counts as the empty text, 0 or false.
    """

    def __init__(self, expression: str, variables: Mapping[str, tuple[Any, object]]) -> None:
        """`variables`: name -> CEL type and default. Raises BadCondition."""
        self.expression = expression
        # Only what it names is handed over: each value costs a microsecond.
        self._defaults = {name: default for name, (_, default) in variables.items() if name in expression}
        _expect_bounded(expression)
        env = cel.NewEnv(variables={name: cel_type for name, (cel_type, _) in variables.items()})
        try:
            self._program = env.compile(expression)
        except RuntimeError as error:
            raise BadCondition(_in_words(str(error))) from None
        made = self._program.return_type()
        if made != cel.Type.BOOL:
            raise BadCondition(f"it gives a {made.name().lower()}, and a condition should give true or false")

    def judge(self, customer_id: str, profile: Mapping[str, Any] | None, payload: Mapping[str, Any]) -> bool | str:
        """Whether it holds; a text, the reason, when that can't be said: a division by zero, a number too large."""
        values = dict(self._defaults)
        _fill(values, "customer.", profile or {})
        _fill(values, "payload.", payload)
        if "customer.id" in values:
            values["customer.id"] = customer_id
        found = self._program.eval(data=values)
        if found.type() == cel.Type.BOOL:
            return bool(found.value())
        return str(found.value()).partition(": ")[2]


def condition_of(kind: str, expression: str) -> Condition:
    """The condition of a rule of this kind, compiled once. Raises BadCondition."""
    return _compiled(kind, expression)


def under_condition(finding: Finding, customer_id: str, profile: Section | None) -> Finding | None:
    """The finding with the condition of its rule among its thresholds; None when the condition does not hold.

    One that can't be judged holds: an alert too many does less harm than one that nobody gets. The proof says why.
    """
    when = finding.rule.when
    if when is None:
        return finding
    judged = condition_of(finding.rule.kind, when).judge(customer_id, profile, finding.payload)
    if judged is False:
        return None
    told = {"when": when} if judged is True else {"when": when, "when_error": judged}
    return finding._replace(thresholds={**finding.thresholds, **told})


def names_known(kind: str) -> list[str]:
    """What a condition of this kind of rule may name."""
    return sorted(_variables(kind))


@lru_cache(maxsize=1_000)
def _compiled(kind: str, expression: str) -> Condition:
    return Condition(expression, _variables(kind))


def _variables(kind: str) -> dict[str, tuple[Any, object]]:
    payload = PAYLOADS[AlertKind(kind)]
    alternatives = get_args(payload) if isinstance(payload, UnionType) else (payload,)
    variables = {"customer.id": _CEL_TYPES[str], **_fields("customer.", ProfileSection)}
    for alternative in alternatives:
        variables |= _fields("payload.", alternative)
    return variables


def _fields(prefix: str, of: Any) -> dict[str, tuple[Any, object]]:
    """Those of a TypedDict that are a text, a number or true/false; lists and mappings can't be named."""
    typed = {f"{prefix}{name}": _plain(hint) for name, hint in get_type_hints(of).items()}
    return {name: _CEL_TYPES[plain] for name, plain in typed.items() if plain is not None}


def _plain(hint: Any) -> type | None:
    if get_origin(hint) in {Union, UnionType}:
        kinds = {_plain(part) for part in get_args(hint) if part is not type(None)}
        return kinds.pop() if len(kinds) == 1 else None
    if get_origin(hint) is Literal:
        return str
    return hint if hint in _CEL_TYPES else None


def _fill(values: dict[str, object], prefix: str, found: Mapping[str, Any]) -> None:
    for full in values:
        value = found.get(full.removeprefix(prefix)) if full.startswith(prefix) else None
        if value is not None:
            values[full] = value


def _expect_bounded(expression: str) -> None:
    if len(expression) > MAX_LENGTH:
        raise BadCondition(f"it has {len(expression)} characters, and at most {MAX_LENGTH} are allowed")
    loop = _LOOPS.search(_TEXTS.sub(lambda text: "'" + " " * (len(text[0]) - 2) + "'", expression))
    if loop is not None:
        raise BadCondition(f"column {loop.start() + 1}: {loop[1]}() loops, and a condition may not")


def _in_words(said: str) -> str:
    found = _PLACE.search(said)
    if found is None:
        return said.partition(" [")[0].partition(": ")[2] or said
    return f"column {found[2]}: {found[3].partition(' (in container')[0]}"

"""A JSON Schema as what it allows: references followed, alternatives side by side, texts left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["ANY", "Shape", "shapes_of"]

_TEXTS: Final = frozenset({"$schema", "$defs", "$id", "title", "description", "default", "examples", "discriminator"})
_STRUCTURE: Final = frozenset(
    {"$ref", "anyOf", "oneOf", "type", "enum", "const", "properties", "required", "items", "additionalProperties"}
)
_EXTENSIBLE: Final = "x-extensible"


@dataclass(frozen=True)
class Shape:
    """One alternative of what a value may be."""

    type: str | None = None
    """JSON's name of it; None allows any."""
    values: tuple[Any, ...] | None = None
    """The only ones allowed, if so."""
    extensible: bool = False
    """Whether readers were told that `values` will grow."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Every other keyword that constrains the value: minimum, maxLength, pattern, format ..."""
    fields: Mapping[str, list["Shape"]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    others: list["Shape"] | None = None
    """What fields not named in `fields` hold; None means anything, an empty list that there may be none."""
    items: list["Shape"] | None = None

    def takes(self, other: str | None) -> bool:
        """Whether a value of the type `other` has this type."""
        return self.type is None or self.type == other or (self.type == "number" and other == "integer")


ANY: Final = [Shape()]


def shapes_of(schema: Mapping[str, Any]) -> list[Shape]:
    """The alternatives of a schema whose references point into its own `$defs`."""
    return _shapes(schema, schema.get("$defs", {}), frozenset())


def _shapes(node: Any, defs: Mapping[str, Any], inside: frozenset[str]) -> list[Shape]:
    if not isinstance(node, Mapping):
        return [] if node is False else ANY
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        # What refers to itself is compared once; below that anything goes.
        if name in inside:
            return ANY
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _shapes({**defs[name], **beside}, defs, inside | {name})
    if (alternatives := node.get("anyOf", node.get("oneOf"))) is not None:
        beside = {key: value for key, value in node.items() if key not in {"anyOf", "oneOf", *_TEXTS}}
        return [shape for one in alternatives for shape in _shapes({**one, **beside}, defs, inside)]
    types = node.get("type")
    return [_shape(node, name, defs, inside) for name in (types if isinstance(types, list) else [types])]


def _shape(node: Mapping[str, Any], name: str | None, defs: Mapping[str, Any], inside: frozenset[str]) -> Shape:
    values = (node["const"],) if "const" in node else node.get("enum")
    others, items = node.get("additionalProperties"), node.get("items")
    return Shape(
        type=name,
        values=None if values is None else tuple(values),
        extensible=bool(node.get(_EXTENSIBLE)),
        limits={key: value for key, value in node.items() if key not in _STRUCTURE | _TEXTS | {_EXTENSIBLE}},
        fields={key: _shapes(value, defs, inside) for key, value in node.get("properties", {}).items()},
        required=frozenset(node.get("required", ())),
        others=None if others in (None, True) else _shapes(others, defs, inside),
        items=None if items is None else _shapes(items, defs, inside),
    )

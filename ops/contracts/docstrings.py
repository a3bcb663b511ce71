"""The sentences under the fields of the models, so that a schema says what a field means."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["field_docs"]


class _Class(NamedTuple):
    bases: list[str]
    docs: dict[str, str]


@cache
def field_docs(class_name: str) -> dict[str, str]:
    """Field -> its sentence, of a class of `schemas` and those it inherits from; empty for what is none."""
    found = _classes().get(class_name)
    if found is None:
        return {}
    docs: dict[str, str] = {}
    for base in found.bases:
        docs |= field_docs(base)
    return docs | found.docs


# Read from the source: the models need not carry texts, nor every process pay for finding them at its start.
@cache
def _classes() -> dict[str, _Class]:
    sources = (item.read_text("utf-8") for item in files("schemas").iterdir() if item.name.endswith(".py"))
    nodes = (node for source in sources for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return {
        node.name: _Class([base.id for base in node.bases if isinstance(base, ast.Name)], dict(_docs(node)))
        for node in nodes
    }


def _docs(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, after in zip(node.body, node.body[1:], strict=False):
        match field, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, text

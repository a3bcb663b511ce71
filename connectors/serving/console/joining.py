"""The console's modules joined into one text, so that a browser asks once instead of thirty times.

Nothing is rewritten but the lines that import and the word `export`, and comments on lines of their own are left out:
each module keeps a scope of its own, in the order in which they need one another. Whoever changes a module asks for it
by itself, and sees it as it lies in the folder.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from graphlib import TopologicalSorter
from typing import Final

__all__ = ["join"]

_IMPORT: Final = re.compile(r'^import \{ (\w+(?:, \w+)*) \} from "\./(\w+\.js)";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
_COMMENT: Final = re.compile(r"^ *(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)
_LEFT: Final = re.compile(r"^\s*(?:import\b(?!\.meta)|export\b)", re.MULTILINE)


def join(modules: Mapping[str, str]) -> str:
    """Name (`app.js`) -> source becomes one module's source. ValueError when a module imports, exports or comments in a
    way that is not known here, and CycleError when two need one another."""
    needed = {name: {of for _, of in _IMPORT.findall(source)} for name, source in modules.items()}
    order = TopologicalSorter(needed).static_order()
    return "\n".join(line for name in order for line in _scope(name, modules[name]))


def _scope(name: str, source: str) -> Iterator[str]:
    exported = [found for _, found in _EXPORT.findall(source)]
    body = _COMMENT.sub(partial(_none, name), source)
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(lambda line: f"const {{ {line[1]} }} = {_variable(line[2])};", body))
    if left := _LEFT.search(body):
        raise ValueError(f"{name}: {left[0].strip()!r} stands in a form that can't be joined")
    yield f"// {name}"
    yield f"const {_variable(name)} = (() => {{"
    yield body
    yield f"return {{ {', '.join(exported)} }};"
    yield "})();"


def _none(name: str, comment: re.Match[str]) -> str:
    """Nothing instead of a comment. ValueError when it may be a line of a text that goes over several."""
    if comment.string.count("`", 0, comment.start()) % 2:
        raise ValueError(f"{name}: {comment[0].strip()!r} may be part of a text, and not a comment")
    return ""


def _variable(name: str) -> str:
    return f"${name.removesuffix('.js')}"

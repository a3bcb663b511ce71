"""From a mapping's name or file to a mapping: shipped ones, a bank's own, and what is wrong with it in words."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from connectors.sources.errors import SourceError
from connectors.sources.mapping import Mapping

__all__ = ["load_mapping", "parse_mapping", "shipped_mappings"]

_SHOWN_ERRORS = 10
_Location = tuple[int | str, ...]


def shipped_mappings() -> list[str]:
    """The names of the mappings that come with c360."""
    folder = files("connectors.sources") / "mappings"
    return sorted(Path(item.name).stem for item in folder.iterdir() if item.name.endswith(".yaml"))


def load_mapping(name_or_file: str) -> Mapping:
    """A shipped mapping by its name, or one from a YAML file; SourceError says what is wrong with it."""
    shipped = shipped_mappings()
    if name_or_file in shipped:
        resource = files("connectors.sources") / "mappings" / f"{name_or_file}.yaml"
        return parse_mapping(resource.read_text(encoding="utf-8"), f"mapping {name_or_file}")
    path = Path(name_or_file)
    try:
        return parse_mapping(path.read_text(encoding="utf-8-sig"), name_or_file)
    except (FileNotFoundError, IsADirectoryError):
        raise SourceError(
            f"There is no mapping {name_or_file!r}: give {' or '.join(shipped)}, or the path of a YAML file."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"The mapping {name_or_file} can't be read: {error}.") from None


def parse_mapping(text: str, origin: str) -> Mapping:
    """The mapping in `text`; `origin` names it in errors."""
    try:
        content = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise SourceError(f"{origin} is no valid YAML: {_one_line(error)}.") from None
    if not isinstance(content, dict):
        raise SourceError(f"{origin} is no mapping: name, source, tables and events are expected at its top.")
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        raise SourceError(_in_words(error, content, origin)) from None


class _Loader(yaml.SafeLoader):
    """YAML without its traps: `on`, `no` and days stay text, and a key may stand once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, list | dict):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_PLAIN = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _PLAIN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())


def _in_words(error: ValidationError, content: Any, origin: str) -> str:
    details = error.errors()
    lines = [f"{origin}, {_path(content, detail)}{_said(detail['msg'])}." for detail in details[:_SHOWN_ERRORS]]
    if len(details) > _SHOWN_ERRORS:
        lines.append(f"{origin}: and {len(details) - _SHOWN_ERRORS} more.")
    return "\n".join(dict.fromkeys(lines))


def _path(content: Any, detail: ErrorDetails) -> str:
    """The path in the YAML; pydantic adds the kinds of values and of keys to it, which stand for nothing there."""
    location = tuple(part for part in detail["loc"] if part != "[key]")
    absent = location[-1:] if detail["type"] == "missing" else ()
    found = _walked(content, location[: len(location) - len(absent)], absent)
    text = ".".join(map(str, location if found is None else found + absent))
    return f"{text}: " if text else ""


def _walked(content: Any, location: _Location, absent: _Location) -> _Location | None:
    """The longest part of `location` that leads through `content`, in the end to a place where `absent` may be.

    Of two as long the one that ends later in `location`: its end is what the error is about.
    """
    if not location:
        return () if not absent or (isinstance(content, dict) and absent[0] not in content) else None
    first, rest = location[0], location[1:]
    left_out = _walked(content, rest, absent)
    places = content if isinstance(content, dict) else dict(enumerate(content)) if isinstance(content, list) else {}
    if first not in places:
        return left_out
    taken = _walked(places[first], rest, absent)
    if taken is None or (left_out is not None and len(left_out) > len(taken)):
        return left_out
    return (first, *taken)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Extra inputs are not permitted", "is no key that stands here")

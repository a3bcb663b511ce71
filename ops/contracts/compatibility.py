"""What a change of a contract would break, as rules.

Who writes a value must stay within what its reader was promised. c360 writes what it publishes and reads what it
consumes, so the same comparison serves both, with the roles exchanged:

=====================  ==============================================  =========================================
change                 published (sections, alerts, set-aside)         consumed (events, ticks)
=====================  ==============================================  =========================================
field added            allowed: readers pass over what they don't know allowed, unless it is required
field removed          breaks                                          allowed: it is passed over
required -> optional   breaks                                          allowed
optional -> required   allowed                                         breaks
type widened           breaks                                          allowed
type narrowed          allowed (null dropped)                          breaks
value of a list added  breaks, unless released as `x-extensible`       allowed
value of a list gone   breaks: somebody waits for it                   breaks
limit loosened         breaks                                          allowed
limit tightened        allowed                                         breaks
=====================  ==============================================  =========================================
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ops.contracts.catalogue import Direction
from ops.contracts.shapes import ANY, Shape, shapes_of

__all__ = ["breaking"]

_AT_LEAST: Final = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_AT_MOST: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})


def breaking(old: Mapping[str, Any], new: Mapping[str, Any], direction: Direction) -> list[str]:
    """One sentence per change from `old` to `new` (JSON Schemas) that somebody outside c360 can't take.

    Each begins with the field, as in `proof.causes[].offset` (`*` stands for any name), or with `the value`.
    """
    return _judge(shapes_of(old), shapes_of(new), "", direction)


def _judge(old: list[Shape], new: list[Shape], path: str, direction: Direction) -> list[str]:
    """Every alternative of the writer needs one of the reader; the one that fits best is told about."""
    breaks: list[str] = []
    published = direction == "published"
    for written in new if published else old:
        fitting = [shape for shape in (old if published else new) if shape.takes(written.type)]
        pairs = [(shape, written) if published else (written, shape) for shape in fitting]
        judged = [list(_compare(before, after, path, direction)) for before, after in pairs]
        best = min(judged, key=len) if judged else [_type_changed(old, new, path, direction)]
        breaks += [found for found in best if found not in breaks]
    return breaks


def _compare(old: Shape, new: Shape, path: str, direction: Direction) -> Iterator[str]:
    if direction == "published":
        yield from _published_values(old, new, path)
        yield from _published_fields(old, new, path)
        yield from _limits(new, old, path, "loosened, and consumers rely on it")
    else:
        yield from _consumed_values(old, new, path)
        yield from _consumed_fields(old, new, path)
        yield from _limits(old, new, path, "tightened, and producers may not keep to it")
    for name in sorted(old.fields.keys() & new.fields.keys()):
        yield from _judge(old.fields[name], new.fields[name], _inside(path, name), direction)
    inner = ((old.others, new.others, ".*"), (old.items, new.items, "[]"))
    for before, after, mark in inner:
        if before is not after:
            yield from _judge(_or_any(before), _or_any(after), f"{path}{mark}".lstrip("."), direction)


def _published_values(old: Shape, new: Shape, path: str) -> Iterator[str]:
    if old.values is None:
        return
    if new.values is None:
        yield f"{_said(path)}: any value is published now, and consumers know only {_listed(old.values)}."
        return
    if added := [value for value in new.values if value not in old.values and not old.extensible]:
        yield f"{_said(path)}: the value {_listed(added)} was added, and consumers may not know it."
    if removed := [value for value in old.values if value not in new.values]:
        yield f"{_said(path)}: the value {_listed(removed)} was removed, and consumers may wait for it."
    if new.extensible and not old.extensible:
        yield f"{_said(path)}: the list of values became extensible, and consumers were told that it is whole."


def _published_fields(old: Shape, new: Shape, path: str) -> Iterator[str]:
    for name in sorted(old.fields):
        said = _inside(path, name)
        if name not in new.fields:
            yield f"{said}: the field was removed, and consumers read it."
        elif name in old.required - new.required:
            yield f"{said}: the field was required and became optional, and consumers rely on it."


def _consumed_values(old: Shape, new: Shape, path: str) -> Iterator[str]:
    if new.values is None:
        return
    if old.values is None:
        yield f"{_said(path)}: only {_listed(new.values)} is accepted now, and producers may send other values."
    elif removed := [value for value in old.values if value not in new.values]:
        yield f"{_said(path)}: the value {_listed(removed)} was removed, and producers may send it."


def _consumed_fields(old: Shape, new: Shape, path: str) -> Iterator[str]:
    for name in sorted(new.required - old.required):
        yield f"{_inside(path, name)}: the field is newly required, and producers may not send it."


def _limits(written: Shape, read: Shape, path: str, change: str) -> Iterator[str]:
    """The limits that the reader was promised, or sets, and the writer does not keep."""
    for keyword, limit in sorted(read.limits.items()):
        kept = written.limits.get(keyword)
        if kept is not None and keyword in _AT_LEAST:
            holds = kept >= limit
        elif kept is not None and keyword in _AT_MOST:
            holds = kept <= limit
        else:
            holds = kept == limit
        if not holds:
            yield f"{_said(path)}: its {keyword} was {change}."


def _type_changed(old: list[Shape], new: list[Shape], path: str, direction: Direction) -> str:
    whom = "consumers were promised the former" if direction == "published" else "producers send the former"
    return f"{_said(path)}: its type was {_types(old)} and is {_types(new)} now, and {whom}."


def _types(shapes: list[Shape]) -> str:
    return " or ".join(dict.fromkeys(shape.type or "anything" for shape in shapes)) or "nothing"


def _or_any(shapes: list[Shape] | None) -> list[Shape]:
    return ANY if shapes is None else shapes


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _said(path: str) -> str:
    return path or "the value"


def _listed(values: Any) -> str:
    return ", ".join(repr(value) for value in values)

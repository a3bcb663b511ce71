"""The contracts as files: generated ones beside the models, and a copy of the last released ones."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ops.contracts.asyncapi import asyncapi
from ops.contracts.catalogue import CATALOGUE
from ops.contracts.compatibility import breaking
from ops.contracts.json_schema import json_schema

__all__ = ["SCHEMAS", "generate", "incompatible", "is_released", "out_of_date", "release"]

SCHEMAS: Final = Path(__file__).resolve().parents[2] / "schemas"
"""The folder `schemas` of this checkout."""
_GENERATED: Final = Path("generated")
_JSON: Final = _GENERATED / "json"
_RELEASED: Final = Path("released") / "json"


def generate(schemas: Path) -> list[str]:
    """Bring `generated/` up to date; the files that changed or went, as out_of_date names them."""
    wanted, stale = _rendered(), _stale(schemas)
    for path in stale:
        if path in wanted:
            (schemas / path).parent.mkdir(parents=True, exist_ok=True)
            (schemas / path).write_text(wanted[path], "utf-8")
        else:
            (schemas / path).unlink()
    return [_named(path) for path in stale]


def out_of_date(schemas: Path) -> list[str]:
    """The generated files that are not what the models say: `schemas/generated/...`."""
    return [_named(path) for path in _stale(schemas)]


def is_released(schemas: Path) -> bool:
    """Whether contracts were ever released."""
    return any((schemas / _RELEASED).glob("*.json"))


def incompatible(schemas: Path) -> list[str]:
    """A sentence per change that would break a user of the last released contracts: file, field and rule."""
    return [sentence for file in sorted((schemas / _RELEASED).glob("*.json")) for sentence in _broken(file)]


def release(schemas: Path) -> list[str]:
    """Make today's generated schemas the released ones; the contracts that are new or changed since, or ended."""
    today = {path.name: text for path, text in _rendered().items() if path.parent == _JSON}
    folder = schemas / _RELEASED
    folder.mkdir(parents=True, exist_ok=True)
    before = {file.name: file.read_text("utf-8") for file in folder.glob("*.json")}
    changed = sorted(name for name in today.keys() | before.keys() if today.get(name) != before.get(name))
    for name in changed:
        if name in today:
            (folder / name).write_text(today[name], "utf-8")
        else:
            (folder / name).unlink()
    return [name.removesuffix(".json") for name in changed]


def _broken(file: Path) -> Iterator[str]:
    contract = CATALOGUE.get(file.stem)
    if contract is None:
        yield f"{file.name}: the contract was removed, and others may still produce or consume it."
        return
    try:
        old = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        yield f"{_named(_RELEASED / file.name)} is no JSON ({error}): restore it with git."
        return
    for sentence in breaking(old, json_schema(contract), contract.direction):
        yield f"{file.name}: {sentence}"


def _stale(schemas: Path) -> list[Path]:
    wanted = _rendered()
    present = {
        file.relative_to(schemas): file.read_text("utf-8", errors="replace")
        for file in (schemas / _GENERATED).rglob("*.json")
    }
    return sorted(path for path in wanted.keys() | present.keys() if wanted.get(path) != present.get(path))


def _rendered() -> dict[Path, str]:
    """Path in `schemas` -> text, of every generated file."""
    files = {_JSON / f"{name}.json": _text(json_schema(contract), by_name=True) for name, contract in CATALOGUE.items()}
    return {**files, _GENERATED / "asyncapi.json": _text(asyncapi(), by_name=False)}


def _text(content: dict[str, Any], *, by_name: bool) -> str:
    return json.dumps(content, indent=2, sort_keys=by_name, ensure_ascii=False) + "\n"


def _named(path: Path) -> str:
    return (Path("schemas") / path).as_posix()

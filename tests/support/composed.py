"""docker-compose.yml and ops/Dockerfile as compose and Docker take them, read without an engine."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

__all__ = ["DOCKERFILE", "ROOT", "compose_file", "image_settings"]

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = ROOT / "ops" / "Dockerfile"


def compose_file(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file as compose takes it, `${NAME:-default}` replaced."""

    def value_of(found: re.Match[str]) -> str:
        return (variables or {}).get(found["name"]) or found["default"]

    text = (ROOT / "docker-compose.yml").read_text()
    loaded: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{(?P<name>\w+):-(?P<default>[^}]*)\}", value_of, text))
    return loaded


def image_settings() -> dict[str, str]:
    """The variables that ops/Dockerfile sets in the image."""
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE.read_text(), re.MULTILINE)
    return dict(pair.split("=", 1) for pair in block.replace("\\\n", " ").split())

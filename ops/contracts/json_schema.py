"""A contract as JSON Schema (draft 2020-12)."""

from typing import Any, Final

from pydantic import TypeAdapter

from ops.contracts.catalogue import Contract
from ops.contracts.docstrings import field_docs

__all__ = ["DIALECT", "Schema", "json_schema"]

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema(contract: Contract) -> Schema:
    """The schema of its values; of what c360 publishes it says what is written, of what it consumes what is taken."""
    mode: Any = "serialization" if contract.direction == "published" else "validation"
    schema = TypeAdapter(contract.type).json_schema(mode=mode)
    for described in (schema, *schema.get("$defs", {}).values()):
        _describe(described)
    return {"$schema": DIALECT, **schema}


def _describe(schema: Schema) -> None:
    for field, text in field_docs(schema.get("title", "")).items():
        # A field that is no part of what is written has a docstring all the same.
        if field in schema["properties"]:
            schema["properties"][field]["description"] = text

"""Reading and changing topic `reference-data`, as `c360 reference` does."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import yaml
from confluent_kafka import KafkaException
from pydantic import BaseModel, ValidationError

from connectors.brokers import Kafka
from connectors.sources.publishing import create_producer
from ops.control_records import control_records
from ops.errors import OperatorError
from schemas.reference import Branch, Calendar, Department, Manager, Reference, ReferenceFile
from schemas.topics import REFERENCE_DATA
from streams.reference import ReferenceBook, ReferenceRefused

__all__ = ["Loaded", "load_reference", "reference_file", "reference_of"]

_TIMEOUT: Final = 10.0
_LISTS: Final[dict[str, type[BaseModel]]] = {
    "calendars": Calendar,
    "branches": Branch,
    "managers": Manager,
    "departments": Department,
}


@dataclass(frozen=True)
class Loaded:
    """What a load changed: keys of the topic."""

    put: list[str]
    removed: list[str]
    unchanged: int


def reference_file(path: Path) -> ReferenceFile:
    """The reference data of a YAML file. OperatorError says what is wrong with it, and where."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OperatorError(f"{path}: should be a readable file of reference data: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())
        raise OperatorError(f"{path}: should be a YAML document in UTF-8: {said}.") from None
    try:
        # As JSON a day is a text, whether or not YAML took it for a date.
        file = ReferenceFile.model_validate_json(orjson.dumps({} if document is None else document))
    except ValidationError as error:
        raise OperatorError(f"{path}: {_first_error(error)}.") from None
    except orjson.JSONEncodeError as error:
        raise OperatorError(f"{path}: should hold texts, numbers, days and lists only: {error}.") from None
    for unknown in _unknown(document or {}):
        raise OperatorError(f"{path}: {unknown} is not a name known here.")
    return file


def reference_of(bootstrap: Kafka) -> ReferenceBook:
    """What is in force; a record that is wrong is passed over, as every worker does."""
    book = ReferenceBook()
    for record in control_records(bootstrap, REFERENCE_DATA):
        try:
            book.take(record.key, record.value)
        except ReferenceRefused:
            continue
    return book


def load_reference(bootstrap: Kafka, file: ReferenceFile) -> Loaded:
    """Make the topic hold what the file names, and nothing else. Loading the same file again changes nothing."""
    held, wanted = reference_of(bootstrap).entries, file.entries
    put = [key for key, entry in wanted.items() if held.get(key) != entry]
    removed = [key for key in held if key not in wanted]
    # What others name comes before those who name it, and goes after them.
    _produce(bootstrap, [*((key, wanted[key]) for key in put), *((key, None) for key in reversed(removed))])
    return Loaded(put, removed, len(wanted) - len(put))


def _produce(bootstrap: Kafka, records: Iterable[tuple[str, Reference | None]]) -> None:
    producer = create_producer(bootstrap)
    failures: list[str] = []
    try:
        for key, entry in records:
            value = None if entry is None else entry.model_dump_json().encode()
            producer.produce(
                REFERENCE_DATA,
                value,
                key.encode(),
                partition=0,
                on_delivery=lambda error, _message: failures.append(error.str()) if error is not None else None,
            )
        producer.flush(_TIMEOUT)
    except KafkaException as error:
        failures.append(error.args[0].str())
    if failures or len(producer):
        said = failures[0] if failures else "no answer"
        raise OperatorError(f"Kafka at {bootstrap} did not take all reference data ({said}): load the file again.")


def _unknown(document: dict[str, list[dict[str, Any]]]) -> Iterable[str]:
    """Names that the entries of a valid document state and no model has: in a topic they pass, here they are slips."""
    for name, model in _LISTS.items():
        for number, entry in enumerate(document.get(name) or []):
            yield from (f"{name}[{number}].{field}" for field in entry if field not in model.model_fields)


def _first_error(invalid: ValidationError) -> str:
    error = invalid.errors(include_url=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).removeprefix(".")
    if error["type"] == "extra_forbidden":
        return f"{place} is not a name known here"
    if error["type"] == "missing":
        return f"{place} is missing"
    said = error["msg"].removeprefix("Value error, ").replace("Input should", "should", 1)
    return f"{place or 'the document'}: {said}"
